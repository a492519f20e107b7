//go:build unix

package load

import "syscall"

// descriptors returns how many this process may have. Go has raised the soft limit
// to the hard one by itself.
func descriptors() (limit uint64, known bool) {
	var l syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) != nil {
		return 0, false
	}
	return uint64(l.Cur), true
}
