// Package fan is how the bare peers write to all their sockets: in three ways, of
// which the fastest is compared with.
package fan

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	_ "net/http/pprof" // beside it, for whoever asks what memory is for
	"os"
	"runtime"
	"sync"

	"github.com/wsbind/wsbind/mockserver/internal/bench/job"
)

// Ready is the first message on a socket: from now on it gets every event.
const Ready = "ready"

// Ways are the names that New knows.
func Ways() []string { return []string{"loop", "workers", "writers"} }

// Out writes an event to all sockets.
type Out interface {
	Add(write func() error)
	Publish()
}

// New returns one of the ways: loop writes to one socket after the other, workers
// shares the sockets among as many goroutines as there are processors, writers has a
// goroutine and a short queue for each socket.
func New(way string) (Out, error) {
	switch way {
	case "loop":
		return newWorkers(1), nil
	case "workers":
		return newWorkers(runtime.GOMAXPROCS(0)), nil
	case "writers":
		return new(writers), nil
	}
	return nil, fmt.Errorf("--way %q is not known: %v", way, Ways())
}

type workers struct {
	shards []shard
	next   int
	mu     sync.Mutex
}

type shard struct {
	mu    sync.Mutex
	list  []func() error
	begin chan *sync.WaitGroup
}

func newWorkers(n int) *workers {
	w := &workers{shards: make([]shard, n)}
	for i := range w.shards {
		s := &w.shards[i]
		s.begin = make(chan *sync.WaitGroup)
		if n > 1 {
			go s.work()
		}
	}
	return w
}

func (w *workers) Add(write func() error) {
	w.mu.Lock()
	s := &w.shards[w.next%len(w.shards)]
	w.next++
	w.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, write)
}

func (w *workers) Publish() {
	if len(w.shards) == 1 {
		w.shards[0].all()
		return
	}
	var done sync.WaitGroup
	done.Add(len(w.shards))
	for i := range w.shards {
		w.shards[i].begin <- &done
	}
	done.Wait()
}

func (s *shard) work() {
	for done := range s.begin {
		s.all()
		done.Done()
	}
}

func (s *shard) all() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, write := range s.list {
		if err := write(); err != nil {
			log.Fatal(err) // the figures would be of fewer sockets
		}
	}
}

type writers struct {
	mu   sync.Mutex
	list []chan struct{}
}

func (w *writers) Add(write func() error) {
	events := make(chan struct{}, 64)
	w.mu.Lock()
	w.list = append(w.list, events)
	w.mu.Unlock()
	go func() {
		for range events {
			if err := write(); err != nil {
				log.Fatal(err)
			}
		}
	}()
}

func (w *writers) Publish() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, events := range w.list {
		events <- struct{}{}
	}
}

// Flags are those of every peer.
type Flags struct {
	Size int
	Way  string
}

// Parse reads the command line.
func Parse() (f Flags) {
	flag.IntVar(&f.Size, "size", 1024, "bytes of a payload")
	flag.StringVar(&f.Way, "way", "loop", "how to write to all sockets")
	flag.Parse()
	return f
}

// Serve listens for websockets with sockets, and for POST /publish with publish. It
// says where, and does not return.
func Serve(sockets func(net.Listener) error, publish func()) {
	a, ends := Listen(), Listen()
	profile := Listen()
	json.NewEncoder(os.Stdout).Encode(job.Announcement{
		Socket: "ws://" + a.Addr().String() + "/", Publish: ends.Addr().String(), Profile: profile.Addr().String(),
	})
	mux := http.NewServeMux()
	mux.HandleFunc("POST /publish", func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		publish()
		w.WriteHeader(http.StatusNoContent)
	})
	go http.Serve(profile, nil)
	go http.Serve(ends, mux)
	log.Fatal(sockets(a))
}

// Listen takes a free port of this machine.
func Listen() net.Listener {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	return l
}

// Payload is what every event carries.
func Payload(size int) []byte {
	p := make([]byte, size)
	for i := range p {
		p[i] = 'x'
	}
	return p
}
