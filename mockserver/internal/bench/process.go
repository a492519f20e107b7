//go:build linux

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/wsbind/wsbind/mockserver/internal/bench/job"
)

// process is a server or client. It is in a group of its own, which stop kills; should
// this program end in any other way, the kernel kills it.
type process struct {
	*exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
	err string // the file that has what it wrote to stderr
}

// run starts a program. What it logs goes to a file, to be shown if it fails; that of
// wsbind, a line per request, goes nowhere.
func (b *bench) run(name string, args ...string) (*process, error) {
	p := &process{Cmd: exec.Command(name, args...)}
	p.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if name != b.wsbind {
		file, err := os.CreateTemp(b.folder, "log-")
		if err != nil {
			return nil, err
		}
		defer file.Close()
		p.err, p.Stderr = file.Name(), file
	}
	in, err := p.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := p.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.in, p.out = in, bufio.NewReader(out)
	if err := p.Start(); err != nil {
		return nil, err
	}
	b.mu.Lock()
	b.running[p] = true
	b.mu.Unlock()
	return p, nil
}

// stop kills the process, and what it may have started.
func (b *bench) stop(p *process) {
	b.mu.Lock()
	running := b.running[p]
	delete(b.running, p)
	b.mu.Unlock()
	if running {
		syscall.Kill(-p.Process.Pid, syscall.SIGKILL)
		p.Wait()
	}
}

// stopAll is for the end, whatever it is.
func (b *bench) stopAll() {
	b.mu.Lock()
	list := make([]*process, 0, len(b.running))
	for p := range b.running {
		list = append(list, p)
	}
	b.mu.Unlock()
	for _, p := range list {
		b.stop(p)
	}
}

// line reads one line of JSON.
func (p *process) line(into any) error {
	text, err := p.out.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("%s ended: %s", p.Path, p.log())
	}
	return json.Unmarshal(text, into)
}

func (p *process) log() string {
	text, _ := os.ReadFile(p.err)
	return strings.TrimSpace(string(text[max(0, len(text)-2000):]))
}

// order has a client do something.
func (p *process) order(o job.Order) (a job.Answer, err error) {
	if err = json.NewEncoder(p.in).Encode(o); err == nil {
		err = p.line(&a)
	}
	if err == nil && a.Error != "" {
		err = errors.New(a.Error)
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", o.Do, err)
	}
	return a, err
}

// busy returns the processor time that a process has taken, in seconds.
func (p *process) busy() float64 {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(p.Process.Pid) + "/stat")
	if err != nil {
		return 0
	}
	return busyIn(string(text))
}

// busyIn reads utime and stime of proc_pid_stat(5): in ticks, a hundred a second
// wherever Linux runs Go.
func busyIn(stat string) float64 {
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:]) // from the third on
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return (user + system) / 100
}

// resident returns VmRSS in bytes.
func (p *process) resident() int64 {
	text, _ := os.ReadFile("/proc/" + strconv.Itoa(p.Process.Pid) + "/status")
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kB, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kB << 10
		}
	}
	return 0
}

// freeAddress returns an address of this machine on which nobody listens.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// listening waits until somebody listens there, another process, which does not tell.
func listening(address string) error {
	for begin := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			return conn.Close()
		}
		if time.Since(begin) > 10*time.Second {
			return err
		}
	}
}
