package wire

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
)

// The sizes of the buffers of an idle websocket. Most bind frames fit the first;
// what is larger bypasses it. Control frames fit the second, and text frames go
// past it.
const (
	readBuffer  = 512
	writeBuffer = 256
)

// Hijack takes over the connection of an HTTP request. It returns what
// [http.Hijacker] has to: a Conn, and a reader and a writer upon that, with what
// the client has sent already in the reader.
//
// The buffers are small. net/http's own, of 4 KiB each, would be kept for as long as
// the websocket, or the request's handler where that serves it, so the small ones
// take their place within the reader and writer it gave.
func Hijack(w http.ResponseWriter) (*Conn, *bufio.ReadWriter, error) {
	raw, buffers, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, nil, err
	}
	if err := buffers.Flush(); err != nil {
		raw.Close()
		return nil, nil, err
	}
	c := New(raw)
	early := make([]byte, buffers.Reader.Buffered())
	io.ReadFull(buffers, early) // cannot fail: it is there
	*buffers.Reader = *bufio.NewReaderSize(io.MultiReader(bytes.NewReader(early), c), max(readBuffer, len(early)))
	buffers.Peek(len(early)) // nor this: into the buffer, where a library looks for it
	*buffers.Writer = *bufio.NewWriterSize(c, writeBuffer)
	return c, buffers, nil
}
