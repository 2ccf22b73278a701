import type { Place } from "./contestants.ts";

/** Settings with which each peer does the same job, raw lines to one file, as fast as its defaults for safety allow. */
export function rsyslogSettings({ transport, address, output, directory, receiveBufferBytes }: Place): string {
  const buffer = receiveBufferBytes === undefined ? "" : `rcvbufSize="${receiveBufferBytes}"`;
  const inputs: Record<string, string> = {
    unixsock: `module(load="imptcp") input(type="imptcp" path="${address}" unlink="on" ruleset="all")`,
    tcp: `module(load="imptcp") input(type="imptcp" address="127.0.0.1" port="${address}" ruleset="all")`,
    unixgram: `module(load="imuxsock" SysSock.Use="off") input(type="imuxsock" Socket="${address}" UseSpecialParser="off"
      ParseHostname="off" RateLimit.Interval="0" UsePIDFromSystem="off" UseSysTimeStamp="off" ruleset="all")`,
    udp: `module(load="imudp" batchSize="128") input(type="imudp" address="127.0.0.1" port="${address}" ruleset="all" ${buffer})`,
  };
  return `global(workDirectory="${directory}" parser.escapeControlCharactersOnReceive="off"
  parser.parseHostnameAndTag="off" net.enableDNS="off")
template(name="raw" type="string" string="%rawmsg%\\n")
ruleset(name="all" queue.type="FixedArray" queue.size="200000" queue.dequeueBatchSize="4096" queue.timeoutEnqueue="20000"
    queue.workerThreads="1") {
  action(type="omfile" file="${output}" template="raw" ioBufferSize="256k" flushOnTXEnd="on" asyncWriting="off")
}
${inputs[transport]}
`;
}

export function syslogNgSettings({ transport, address, output, receiveBufferBytes }: Place): string {
  const window = "flags(no-parse) log-iw-size(50000) log-fetch-limit(1000)";
  const buffer = receiveBufferBytes === undefined ? "" : `so-rcvbuf(${receiveBufferBytes})`;
  const sources: Record<string, string> = {
    unixsock: `unix-stream("${address}" max-connections(100) ${window})`,
    tcp: `network(transport(tcp) ip(127.0.0.1) port(${address}) max-connections(100) ${window})`,
    unixgram: `unix-dgram("${address}" ${window})`,
    udp: `network(transport(udp) ip(127.0.0.1) port(${address}) ${window} ${buffer})`,
    fifo: `pipe("${address}" ${window})`,
  };
  return `@version: 3.38
options { stats-freq(0); use-dns(no); dns-cache(no); keep-hostname(yes); log-fifo-size(200000); flush-lines(1000); };
source in { ${sources[transport]}; };
destination out { file("${output}" template("$MSG\\n") template-escape(no)); };
log { source(in); destination(out); flags(flow-control); };
`;
}
