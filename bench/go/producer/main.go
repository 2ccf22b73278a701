// Command producer sends log lines on one transport, the way a first version in Go does it: a time.Ticker, encoding/json
// and one write per line. Standard library only.
//
//	producer TRANSPORT=ADDRESS [BYTES] [-count 50] [-interval 100ms] [-rate N|max] [-id NAME]
//
// It prints {"event":"done",…} at the end. With -rate, lines are sent against a schedule: sentAtNs is the time just
// before the send, and a late sender catches up.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

type entry struct {
	Source    string `json:"source"`
	Timestamp int64  `json:"timestamp"`
	Level     string `json:"level"`
	Message   string `json:"message"`
	Producer  string `json:"producer"`
	Run       string `json:"run"`
	Seq       int64  `json:"seq"`
	SentAtNs  int64  `json:"sentAtNs"`
}

const clockMonotonic = 1

// monotonicNs reads CLOCK_MONOTONIC, which all processes of a machine share; time.Time hides it.
func monotonicNs() int64 {
	var t syscall.Timespec
	syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clockMonotonic, uintptr(unsafe.Pointer(&t)), 0)
	return t.Nano()
}

func connect(transport, address string) (io.WriteCloser, error) {
	switch transport {
	case "unixsock":
		return net.Dial("unix", address)
	case "tcp", "udp", "unixgram":
		return net.Dial(transport, address)
	case "fifo":
		return os.OpenFile(address, os.O_WRONLY, 0)
	}
	return nil, fmt.Errorf("%q is not a transport", transport)
}

// schedule returns a function that waits until line n is due.
func schedule(rate string, interval time.Duration) (func(n int64), error) {
	start := time.Now()
	if rate == "max" {
		return func(int64) {}, nil
	}
	if rate == "" {
		ticker := time.NewTicker(interval)
		return func(int64) { <-ticker.C }, nil
	}
	perSecond, err := strconv.ParseFloat(rate, 64)
	if err != nil || perSecond <= 0 {
		return nil, fmt.Errorf("-rate %s is neither lines per second nor max", rate)
	}
	return func(n int64) {
		time.Sleep(time.Until(start.Add(time.Duration(float64(n) / perSecond * float64(time.Second)))))
	}, nil
}

func main() {
	log.SetFlags(0)
	args := os.Args[1:]
	if len(args) == 0 {
		log.Fatal("usage: producer TRANSPORT=ADDRESS [BYTES] [options]")
	}
	transport, address, _ := strings.Cut(args[0], "=")
	args, bytes := args[1:], 100
	if len(args) > 0 {
		if n, err := strconv.Atoi(args[0]); err == nil {
			args, bytes = args[1:], n
		}
	}
	options := flag.NewFlagSet("producer", flag.ExitOnError)
	count := options.Int64("count", 50, "lines to send")
	interval := options.Duration("interval", 100*time.Millisecond, "time between lines")
	rate := options.String("rate", "", "lines per second, or max, instead of an interval")
	id := options.String("id", fmt.Sprintf("go-%d", os.Getpid()), "name in the lines")
	options.Parse(args)

	wait, err := schedule(*rate, *interval)
	if err != nil {
		log.Fatal(err)
	}
	out, err := connect(transport, address)
	if err != nil {
		log.Fatal(err)
	}
	started, startedNs := time.Now(), monotonicNs()
	run := strconv.FormatInt(started.UnixNano(), 36)
	message := strings.Repeat("ABCDEFGHIJKLMNOPQRSTUVWXYZ", bytes/26+1)[:bytes]
	encoder := json.NewEncoder(out) // writes each line with one call
	for seq := int64(0); seq < *count; seq++ {
		wait(seq)
		now := time.Now()
		sentAtNs := startedNs + now.Sub(started).Nanoseconds()
		if err := encoder.Encode(entry{"producer", now.Unix(), "INFO", message, *id, run, seq, sentAtNs}); err != nil {
			log.Fatalf("line %d was not sent: %v", seq, err)
		}
	}
	if err := out.Close(); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("{\"event\":\"done\",\"producer\":%q,\"run\":%q,\"sent\":%d}\n", *id, run, *count)
}
