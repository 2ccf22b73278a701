// Command producer sends log lines on one transport, the way a first version in Go does it: a time.Ticker, encoding/json
// and one write per line. Standard library only.
//
//	producer TRANSPORT=ADDRESS [BYTES] [-count 50 | -duration 5s] [-interval 100ms | -rate N|max] [-id NAME] [-hold]
//
// It prints {"event":"done",…} at the end. With -rate, lines are sent against a schedule: sentAtNs is the time just
// before the send, and a late sender catches up. With -hold it prints {"event":"ready"}, begins at a line on standard
// input, and ends after "done" when standard input ends.
package main

import (
	"bufio"
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

// pace says when lines are due: every interval by a ticker, by a schedule with a rate, or at once at the rate "max".
type pace struct {
	rate     string
	interval time.Duration
}

func newPace(rate string, interval time.Duration) (pace, error) {
	if rate == "" || rate == "max" {
		return pace{rate, interval}, nil
	}
	perSecond, err := strconv.ParseFloat(rate, 64)
	if err != nil || perSecond <= 0 {
		return pace{}, fmt.Errorf("-rate %s is neither lines per second nor max", rate)
	}
	return pace{rate, time.Duration(float64(time.Second) / perSecond)}, nil
}

// waits returns a function that waits until line n is due.
func (p pace) waits(start time.Time) func(n int64) {
	switch p.rate {
	case "max":
		return func(int64) {}
	case "":
		ticker := time.NewTicker(p.interval)
		return func(int64) { <-ticker.C }
	}
	return func(n int64) { time.Sleep(time.Until(start.Add(time.Duration(n) * p.interval))) }
}

// isOver says whether line n is due after the end, or for a flood whether the end has come.
func (p pace) isOver(n int64, start time.Time, duration time.Duration) bool {
	if p.rate == "max" {
		return time.Since(start) >= duration
	}
	return time.Duration(n)*p.interval >= duration
}

// timetable says when line n was due: startedAtNs + n × intervalMs. A flood has none.
func (p pace) timetable(startedNs int64) any {
	if p.rate != "" && p.rate != "max" {
		return map[string]any{"startedAtNs": startedNs, "intervalMs": p.interval.Seconds() * 1000, "linesPerTick": 1}
	}
	return nil
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
	count := options.Int64("count", 0, "lines to send (default 50, unless -duration is given)")
	duration := options.Duration("duration", 0, "end after this time instead of a number of lines")
	hold := options.Bool("hold", false, "begin at a line on standard input, and end with it")
	interval := options.Duration("interval", 100*time.Millisecond, "time between lines")
	rate := options.String("rate", "", "lines per second, or max, instead of an interval")
	id := options.String("id", fmt.Sprintf("go-%d", os.Getpid()), "name in the lines")
	options.Parse(args)

	if *count == 0 && *duration == 0 {
		*count = 50
	}
	pace, err := newPace(*rate, *interval)
	if err != nil {
		log.Fatal(err)
	}
	out, err := connect(transport, address)
	if err != nil {
		log.Fatal(err)
	}
	input := bufio.NewReader(os.Stdin)
	if *hold {
		fmt.Println(`{"event":"ready"}`)
		input.ReadString('\n')
	}
	started, startedNs := time.Now(), monotonicNs()
	wait := pace.waits(started)
	run := strconv.FormatInt(started.UnixNano(), 36)
	message := strings.Repeat("ABCDEFGHIJKLMNOPQRSTUVWXYZ", bytes/26+1)[:bytes]
	encoder := json.NewEncoder(out) // writes each line with one call
	seq := int64(0)
	for ; *count == 0 || seq < *count; seq++ {
		if *duration > 0 && pace.isOver(seq, started, *duration) {
			break
		}
		wait(seq)
		now := time.Now()
		sentAtNs := startedNs + now.Sub(started).Nanoseconds()
		if err := encoder.Encode(entry{"producer", now.Unix(), "INFO", message, *id, run, seq, sentAtNs}); err != nil {
			log.Fatalf("line %d was not sent: %v", seq, err)
		}
	}
	json.NewEncoder(os.Stdout).Encode(map[string]any{
		"event": "done", "producer": *id, "run": run, "sent": seq, "unsent": map[string]int{},
		"timetable": pace.timetable(startedNs),
	})
	if *hold {
		io.Copy(io.Discard, input)
	}
	if err := out.Close(); err != nil {
		log.Fatal(err)
	}
}
