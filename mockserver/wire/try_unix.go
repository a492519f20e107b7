//go:build unix

package wire

import (
	"errors"
	"syscall"
)

const canTry = true

// tryWrite writes what a socket, which is set not to block, has room for.
func tryWrite(fd uintptr, p []byte) (int, error) {
	for {
		n, err := syscall.Write(int(fd), p)
		if err != syscall.EINTR {
			return n, err
		}
	}
}

// again says that a socket has no room.
func again(err error) bool { return errors.Is(err, syscall.EAGAIN) }
