// Publishes a file to a stream of NATS JetStream in blocks of whole lines, as the forwarder does: the same block size,
// window, ids and headers. It keeps no checkpoint and compares nothing: it is what the client library can do.
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go build    (Debian: golang-github-nats-io-go-nats-dev)
//	go-publisher URL SUBJECT FILE BLOCK_BYTES WINDOW
//
// Prints {"seconds":…,"bytes":…,"blocks":…} when all is acknowledged.
package main

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"io"
	"log"
	"os"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
)

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func message(subject string, offset int64, block []byte) *nats.Msg {
	msg := nats.NewMsg(subject)
	msg.Data = block
	at, length := strconv.FormatInt(offset, 10), strconv.Itoa(len(block))
	msg.Header.Set("Nats-Msg-Id", "0123456789abcdef:"+at+":"+length+":0")
	msg.Header.Set("Log-Version", "1")
	msg.Header.Set("Log-File", "0123456789abcdef")
	msg.Header.Set("Log-Offset", at)
	msg.Header.Set("Log-Length", length)
	msg.Header.Set("Log-Lines", strconv.Itoa(bytes.Count(block, []byte{'\n'})))
	msg.Header.Set("Log-Crc32", fmt.Sprintf("%08x", crc32.ChecksumIEEE(block)))
	msg.Header.Set("Log-Host", "go")
	return msg
}

func main() {
	url, subject, path := os.Args[1], os.Args[2], os.Args[3]
	blockBytes, err := strconv.Atoi(os.Args[4])
	check(err)
	window, err := strconv.Atoi(os.Args[5])
	check(err)
	file, err := os.Open(path)
	check(err)
	started := time.Now()
	connection, err := nats.Connect(url)
	check(err)
	stream, err := connection.JetStream(nats.PublishAsyncMaxPending(window))
	check(err)
	var offset int64
	blocks := 0
	for {
		block := make([]byte, blockBytes)
		read, err := file.ReadAt(block, offset)
		if err != nil && err != io.EOF {
			log.Fatal(err)
		}
		end := bytes.LastIndexByte(block[:read], '\n') + 1
		if end == 0 {
			break
		}
		_, err = stream.PublishMsgAsync(message(subject, offset, block[:end]))
		check(err)
		offset += int64(end)
		blocks++
	}
	select {
	case <-stream.PublishAsyncComplete():
	case <-time.After(time.Minute):
		log.Fatal("blocks are unanswered")
	}
	fmt.Printf("{\"seconds\":%.4f,\"bytes\":%d,\"blocks\":%d}\n", time.Since(started).Seconds(), offset, blocks)
}
