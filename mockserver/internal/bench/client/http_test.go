//go:build linux

package main

import (
	"bufio"
	"strings"
	"testing"
)

func TestAnswer(t *testing.T) {
	const all = "HTTP/1.1 201 Created\r\nETag: W/\"1\"\r\ncontent-length: 5\r\n\r\nfirst" +
		"HTTP/1.1 204 No Content\r\nDate: now\r\n\r\n" +
		"HTTP/1.1 400 Bad Request\r\nContent-Length: 40\r\n\r\n" + "0123456789012345678901234567890123456789"
	r := bufio.NewReaderSize(strings.NewReader(all), 32)
	for _, want := range []struct {
		status int
		body   string
	}{{201, "first"}, {204, ""}, {400, strings.Repeat("0123456789", 4)}} {
		status, body, err := answer(r)
		if err != nil || status != want.status || string(body) != want.body {
			t.Errorf("%d %q, %v, want %d %q", status, body, err, want.status, want.body)
		}
	}
	for _, text := range []string{"", "HTTP/1.1", "HTTP/1.1 2xx\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut"} {
		if _, _, err := answer(bufio.NewReader(strings.NewReader(text))); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
}
