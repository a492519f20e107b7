package load

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha1"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// dial opens a websocket. The URL was checked.
func dial(ctx context.Context, config *tls.Config, socket string) (*conn, error) {
	ctx, cancel := context.WithTimeout(ctx, exchangeTimeout)
	defer cancel()
	u, err := url.Parse(socket)
	if err != nil {
		return nil, err
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"ws": "80", "wss": "443"}[u.Scheme]
	}
	var plain net.Dialer
	tcp, err := plain.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return nil, err
	}
	defer context.AfterFunc(ctx, func() { tcp.SetDeadline(time.Unix(1, 0)) })()
	stream := tcp
	if u.Scheme == "wss" {
		stream = tls.Client(tcp, tlsOf(config, u.Hostname()))
	}
	c, err := upgrade(stream, u)
	if err != nil {
		tcp.Close()
		return nil, err
	}
	return c, nil
}

// upgradeError is an answer that does not open a websocket.
type upgradeError struct {
	status int
	socket string // without its query
}

func (e *upgradeError) Error() string {
	return "the opening handshake at " + e.socket + " was answered " + strconv.Itoa(e.status)
}

// websocketGUID is what RFC 6455 has a server add to the key.
const websocketGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// upgrade makes the opening handshake.
func upgrade(stream net.Conn, u *url.URL) (*conn, error) {
	var nonce [16]byte
	rand.Read(nonce[:])
	key := base64.StdEncoding.EncodeToString(nonce[:])
	_, err := stream.Write([]byte("GET " + u.RequestURI() + " HTTP/1.1\r\nHost: " + u.Host +
		"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key + "\r\n\r\n"))
	if err != nil {
		return nil, err
	}
	head, rest, err := readHead(stream)
	if err != nil {
		return nil, err
	}
	answer, err := http.ReadResponse(bufio.NewReaderSize(bytes.NewReader(head), len(head)), nil)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusSwitchingProtocols {
		return nil, &upgradeError{answer.StatusCode, withoutQuery(u.String())}
	}
	sum := sha1.Sum([]byte(key + websocketGUID))
	if answer.Header.Get("Sec-WebSocket-Accept") != base64.StdEncoding.EncodeToString(sum[:]) ||
		!strings.EqualFold(answer.Header.Get("Upgrade"), "websocket") {
		return nil, errors.New("the opening handshake was answered by no websocket server")
	}
	c := &conn{Conn: stream, buf: make([]byte, max(firstBuffer, len(rest)))}
	c.w = copy(c.buf, rest)
	return c, nil
}

// readHead reads the head of an answer, and what came with it: the first frames
// may be there already.
func readHead(stream net.Conn) (head, rest []byte, err error) {
	const most = 16 << 10
	buf := make([]byte, 0, 1<<10)
	for len(buf) < most {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := stream.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if end := bytes.Index(buf, []byte("\r\n\r\n")); end >= 0 {
			return buf[:end+4], buf[end+4:], nil
		}
		if err != nil {
			return nil, nil, err
		}
	}
	return nil, nil, errors.New("the head of the answer to the opening handshake is too long")
}
