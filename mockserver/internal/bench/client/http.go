//go:build linux

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync/atomic"
	"time"
)

// request is the text of a request, ready to be sent.
func request(method, host, path, kind, body string) []byte {
	return fmt.Appendf(nil, "%s %s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", method, path, host, kind, len(body), body)
}

// answer reads the next answer. The body is in the reader's own memory if it fits and
// is gone with the next read.
func answer(r *bufio.Reader) (status int, body []byte, err error) {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return 0, nil, err
	}
	if len(line) < len("HTTP/1.1 200") {
		return 0, nil, fmt.Errorf("no answer: %q", line)
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, nil, fmt.Errorf("no answer: %q", line)
	}
	size := -1
	for {
		if line, err = r.ReadSlice('\n'); err != nil {
			return 0, nil, err
		}
		if len(line) <= 2 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		if bytes.EqualFold(name, []byte("Content-Length")) {
			if size, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return 0, nil, err
			}
		}
	}
	if size < 0 && status == 204 {
		size = 0
	}
	if size < 0 {
		return 0, nil, errors.New("an answer without Content-Length")
	}
	if size <= r.Size() {
		if body, err = r.Peek(size); err == nil {
			_, err = r.Discard(size)
		}
		return status, body, err
	}
	body = make([]byte, size)
	_, err = io.ReadFull(r, body)
	return status, body, err
}

// keptAlive is a connection on which one request follows another.
type keptAlive struct {
	net.Conn
	host string
	r    *bufio.Reader
}

func dial(host string) (*keptAlive, error) {
	conn, err := net.DialTimeout("tcp", host, patience)
	if err != nil {
		return nil, err
	}
	return &keptAlive{conn, host, bufio.NewReaderSize(conn, 32<<10)}, nil
}

// do returns the body of an answer of 2xx.
func (k *keptAlive) do(text []byte) ([]byte, error) {
	k.SetDeadline(time.Now().Add(patience))
	if _, err := k.Write(text); err != nil {
		return nil, err
	}
	status, body, err := answer(k.r)
	if err == nil && status/100 != 2 {
		err = errorOf(status, body)
	}
	return body, err
}

func errorOf(status int, body []byte) error {
	return fmt.Errorf("a request was answered by %d: %s", status, body)
}

// publisher sends the same event over and over on one connection, which keeps the
// order, and does not wait for answers, which are counted.
type publisher struct {
	conn     net.Conn
	text     []byte
	good     atomic.Int64
	expected int64
	ended    chan error
}

// newPublisher counts the answers of HTTP, and leaves those of other protocols alone.
func newPublisher(conn net.Conn, text []byte, http bool) *publisher {
	p := &publisher{conn: conn, text: text}
	if !http {
		go io.Copy(io.Discard, conn)
		return p
	}
	p.ended = make(chan error, 1)
	go func() {
		r := bufio.NewReader(conn)
		for {
			status, body, err := answer(r)
			if err == nil && status/100 != 2 {
				err = errorOf(status, body)
			}
			if err != nil {
				p.ended <- err
				return
			}
			p.good.Add(1)
		}
	}()
	return p
}

func (p *publisher) send() error {
	_, err := p.conn.Write(p.text)
	return err
}

// failed waits for the answers to n more events, which have mostly come. What it waits
// for is another process: it looks again after a moment.
func (p *publisher) failed(n int) error {
	if p.ended == nil {
		return nil
	}
	p.expected += int64(n)
	for begin := time.Now(); p.good.Load() < p.expected; time.Sleep(100 * time.Microsecond) {
		select {
		case err := <-p.ended:
			return err
		default:
		}
		if time.Since(begin) > patience {
			return errors.New("events arrived and were not answered")
		}
	}
	return nil
}
