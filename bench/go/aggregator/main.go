// Command aggregator collects log lines on one transport and appends them to one file, the way a first version in Go
// does it: a goroutine and a bufio.Scanner per connection, encoding/json for every line, datagrams of up to 8 KiB, and
// one goroutine that writes. Standard library only.
//
//	aggregator TRANSPORT=ADDRESS -o FILE
//
// It prints {"event":"listening",…} when senders can reach it, and at SIGINT or SIGTERM {"event":"closed",…}.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
)

const datagramBytesMax = 8192

// entry has the fields of a producer's line. Producer, Run, Seq and SentAtNs let the laboratory find each line again.
type entry struct {
	Source    string `json:"source"`
	Timestamp int64  `json:"timestamp"`
	Level     string `json:"level"`
	Message   string `json:"message"`
	Producer  string `json:"producer,omitempty"`
	Run       string `json:"run,omitempty"`
	Seq       *int64 `json:"seq,omitempty"`
	SentAtNs  int64  `json:"sentAtNs,omitempty"`
}

type aggregator struct {
	entries           chan entry
	received, invalid atomic.Int64
	stored            int64
	readers           sync.WaitGroup
}

func (a *aggregator) take(line []byte) {
	a.received.Add(1)
	var e entry
	if err := json.Unmarshal(line, &e); err != nil {
		a.invalid.Add(1)
		return
	}
	a.entries <- e
}

func (a *aggregator) scan(r io.Reader) {
	for lines := bufio.NewScanner(r); lines.Scan(); {
		a.take(lines.Bytes())
	}
}

// accept serves every connection in a goroutine of its own, until the listener is closed.
func (a *aggregator) accept(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		a.readers.Add(1)
		go func() {
			defer a.readers.Done()
			defer conn.Close()
			a.scan(conn)
		}()
	}
}

func (a *aggregator) receive(c net.PacketConn) {
	datagram := make([]byte, datagramBytesMax)
	for {
		n, _, err := c.ReadFrom(datagram)
		if err != nil {
			return
		}
		for _, line := range strings.Split(strings.TrimSuffix(string(datagram[:n]), "\n"), "\n") {
			a.take([]byte(line))
		}
	}
}

// write stores entries, and flushes its buffer whenever no other entry waits.
func (a *aggregator) write(file io.Writer) error {
	buffer := bufio.NewWriter(file)
	encoder := json.NewEncoder(buffer)
	for e := range a.entries {
		if err := encoder.Encode(e); err != nil {
			return err
		}
		a.stored++
		if len(a.entries) > 0 {
			continue
		}
		if err := buffer.Flush(); err != nil {
			return err
		}
	}
	return buffer.Flush()
}

// source is one listening endpoint.
type source struct {
	io.Closer        // ends read
	read      func() // reads until it is closed
	address   string // with the port that the system chose for port 0
}

func (a *aggregator) listen(transport, address string) (*source, error) {
	switch transport {
	case "unixsock", "tcp":
		network := map[string]string{"unixsock": "unix", "tcp": "tcp"}[transport]
		l, err := net.Listen(network, address)
		if err != nil {
			return nil, err
		}
		return &source{l, func() { a.accept(l) }, l.Addr().String()}, nil
	case "unixgram", "udp":
		c, err := net.ListenPacket(transport, address)
		if err != nil {
			return nil, err
		}
		return &source{c, func() { a.receive(c) }, c.LocalAddr().String()}, nil
	case "fifo":
		if err := syscall.Mkfifo(address, 0o600); err != nil && !errors.Is(err, os.ErrExist) {
			return nil, err
		}
		// Opened for writing too, so that it doesn't end with its last writer; non-blocking, so that Close ends a read.
		f, err := os.OpenFile(address, os.O_RDWR|syscall.O_NONBLOCK, 0)
		if err != nil {
			return nil, err
		}
		return &source{f, func() { a.scan(f) }, address}, nil
	}
	return nil, fmt.Errorf("%q is not a transport", transport)
}

func main() {
	log.SetFlags(0)
	if len(os.Args) < 2 {
		log.Fatal("usage: aggregator TRANSPORT=ADDRESS -o FILE")
	}
	transport, address, _ := strings.Cut(os.Args[1], "=")
	options := flag.NewFlagSet("aggregator", flag.ExitOnError)
	output := options.String("o", "aggregated_logs.jsonl", "the file that lines are appended to")
	options.Parse(os.Args[2:])

	file, err := os.OpenFile(*output, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		log.Fatal(err)
	}
	a := &aggregator{entries: make(chan entry, 1024)}
	source, err := a.listen(transport, address)
	if err != nil {
		log.Fatal(err)
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	a.readers.Add(1)
	go func() { defer a.readers.Done(); source.read() }()
	written := make(chan error)
	go func() { written <- a.write(file) }()
	fmt.Printf("{\"event\":\"listening\",\"transport\":%q,\"address\":%q}\n", transport, source.address)

	select {
	case <-signals:
	case err := <-written:
		log.Fatal(err)
	}
	source.Close()
	a.readers.Wait() // until every sender has closed its connection
	close(a.entries)
	if err := <-written; err != nil {
		log.Fatal(err)
	}
	if transport != "tcp" && transport != "udp" {
		os.Remove(address)
	}
	fmt.Printf("{\"event\":\"closed\",\"received\":%d,\"stored\":%d,\"notStored\":{\"invalid\":%d},\"kernelDrops\":null}\n",
		a.received.Load(), a.stored, a.invalid.Load())
}
