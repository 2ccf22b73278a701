import { expect, expectTypeOf, test } from "vitest";
import { type Endpoint, type InetEndpoint, isPathEndpoint, type PathEndpoint } from "../../src/core/endpoint.ts";
import { type NamesOf, TRANSPORT_NAMES, TRANSPORTS } from "../../src/core/transport-name.ts";
import { fifo } from "../../src/transports/fifo/index.ts";
import { REGISTRY } from "../../src/transports/registry.ts";
import {
  type Accept,
  type AnyTransport,
  isStream,
  type ListenerSettings,
  type SenderOptions,
} from "../../src/transports/transport.ts";
import { unixgram } from "../../src/transports/unixgram/index.ts";

/*
 * What must not compile: `npm run check` fails where one of the lines after @ts-expect-error does. Nothing here runs, but for the
 * last test.
 */

test("an endpoint has the kind of address that its transport has", () => {
  // @ts-expect-error tcp's address is a host and a port
  const pathOfTcp: Endpoint = { transport: "tcp", path: "/x" };
  // @ts-expect-error unixsock's address is a path
  const portOfUnixsock: Endpoint = { transport: "unixsock", host: "127.0.0.1", port: 9000 };
  // @ts-expect-error there is no such transport
  const unknown: Endpoint = { transport: "pigeon", path: "/x" };
  expectTypeOf([pathOfTcp, portOfUnixsock, unknown]).toExtend<Endpoint[]>();
});

test("a transport takes endpoints of its own name alone", () => {
  const send = (options: SenderOptions, path: PathEndpoint<"fifo">, port: InetEndpoint<"udp">): void => {
    REGISTRY.fifo.createSender(path, options);
    REGISTRY.udp.createSender(port, options);
    // @ts-expect-error udp's address is a host and a port
    REGISTRY.udp.createSender(path, options);
    // @ts-expect-error it is another transport's
    REGISTRY.tcp.createSender(port, options);
  };
  expectTypeOf(send).toBeFunction();
  expectTypeOf<keyof typeof REGISTRY>().toEqualTypeOf<NamesOf<"path"> | NamesOf<"inet">>();
});

test("a listener takes receivers of its transport's boundary", () => {
  const listen = (
    settings: ListenerSettings,
    accept: { streams: Accept<"stream">; messages: Accept<"message"> },
    any: { transport: AnyTransport; endpoint: Endpoint },
  ): void => {
    const path: PathEndpoint<"fifo"> = { transport: "fifo", path: "/x" };
    const socket: PathEndpoint<"unixgram"> = { transport: "unixgram", path: "/x" };
    fifo.createListener(path, { ...settings, accept: accept.streams });
    unixgram.createListener(socket, { ...settings, accept: accept.messages });
    // @ts-expect-error a FIFO has no messages
    fifo.createListener(path, { ...settings, accept: accept.messages });
    // @ts-expect-error datagrams are no stream
    unixgram.createListener(socket, { ...settings, accept: accept.streams });
    // @ts-expect-error which of them it is has to be asked first
    any.transport.createListener(any.endpoint, { ...settings, accept: accept.streams });
    if (isStream(any.transport)) any.transport.createListener(any.endpoint, { ...settings, accept: accept.streams });
  };
  expectTypeOf(listen).toBeFunction();
});

test("the registry agrees with the names", () => {
  expect(Object.keys(REGISTRY)).toEqual(TRANSPORT_NAMES);
  for (const name of TRANSPORT_NAMES) {
    const transport = REGISTRY[name];
    expect(transport.name).toBe(name);
    expect("path" in transport).toBe(TRANSPORTS[name] === "path");
    const anywhere = { transport: name, path: "/x", host: "x", port: 1 } as Endpoint;
    expect(isPathEndpoint(anywhere)).toBe(TRANSPORTS[name] === "path");
  }
});
