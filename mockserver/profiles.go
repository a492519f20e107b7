package mockserver

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/mockserver/internal/manage"
)

// The paths of net/http/pprof, for go tool pprof, without that package: whoever
// imports it has its handlers in http.DefaultServeMux, and with them the command
// line, which this server has no reason to tell. A test that imports this package
// must not find its own program changed.

// profile is one that can be taken of the process.
type profile struct {
	Name string `json:"name"`
	What string `json:"what"`
	// Seconds is how long it watches unless told otherwise, 0 for what shows the
	// moment.
	Seconds float64 `json:"seconds"`

	// watch writes what happened until ctx is done; nil for what shows the moment.
	watch func(ctx context.Context, w io.Writer, debug int) error
}

// maxWatch is how long a profile may watch, in seconds: answers of the management
// interface have a minute.
const maxWatch = 50

var profiles = []profile{
	{"profile", "where the processor's time goes", 30, watchCPU},
	{"trace", "what the scheduler did, for go tool trace", 1, watchTrace},
	{"mutex", "who held locks that others waited for", 10, watchMutex},
	{"block", "where goroutines waited", 10, watchBlock},
	{"heap", "the memory in use; with gc=1 after a collection", 0, nil},
	{"allocs", "all allocations since the start", 0, nil},
	{"goroutine", "every goroutine and where it is; with debug=2 one by one", 0, nil},
	{"threadcreate", "what made threads", 0, nil},
}

// listProfiles says which profiles there are.
func (t *Tenant) listProfiles(*http.Request, string) (any, error) {
	return map[string]any{"profiles": profiles}, nil
}

// takeProfile answers with a profile.
func (t *Tenant) takeProfile(r *http.Request, name string) (any, error) {
	i := slices.IndexFunc(profiles, func(p profile) bool { return p.Name == name })
	if i < 0 {
		return nil, fault.New(fault.NotFound, "there is no profile "+fault.Quote(name)+", GET /debug/pprof/ lists those there are")
	}
	taking, err := readTaking(r.URL.RawQuery, profiles[i])
	if err != nil {
		return nil, err
	}
	if taking.watch == nil || r.Method == http.MethodHead {
		return taking, nil
	}
	if !watching.TryLock() {
		return nil, fault.New(fault.BusinessRule, "another profile is being taken of this process: one that watches goes at a time")
	}
	taking.end = sync.OnceFunc(watching.Unlock)
	return taking, nil
}

// watching is held while something watches the process, which has one profiler.
var watching sync.Mutex

// taking is a profile as it was asked for.
type taking struct {
	profile
	debug int
	gc    bool
	end   func()
}

// readTaking reads the query of a request for a profile.
func readTaking(query string, p profile) (*taking, error) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, fault.New(fault.InvalidQuery, "the query is not what a URL can have: "+err.Error())
	}
	a := &taking{profile: p, end: func() {}}
	for name, value := range values {
		ok := false
		switch {
		case name == "seconds" && p.watch != nil:
			a.Seconds, err = strconv.ParseFloat(value[0], 64)
			ok = err == nil && a.Seconds > 0 && a.Seconds <= maxWatch
		case name == "debug" && p.Name != "profile" && p.Name != "trace":
			a.debug, err = strconv.Atoi(value[0])
			ok = err == nil && a.debug >= 0 && a.debug <= 2
		case name == "gc" && p.Name == "heap":
			a.gc, ok = value[0] != "0", true
		}
		if !ok {
			return nil, fault.At(fault.InvalidQuery, name, fault.Quote(name+"="+value[0])+" does not fit the profile "+p.Name+": seconds (above 0, at most "+
				strconv.Itoa(maxWatch)+", for what watches), debug (0, 1, 2) and gc (for heap) can be said")
		}
	}
	return a, nil
}

// ServeHTTP takes the profile.
func (a *taking) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer a.end()
	kind := "application/octet-stream"
	if a.debug > 0 {
		kind = "text/plain; charset=utf-8"
	}
	w.Header().Set("Content-Type", kind)
	if a.debug == 0 {
		w.Header().Set("Content-Disposition", `attachment; filename="`+a.Name+`"`)
	}
	if r.Method == http.MethodHead {
		return
	}
	if a.gc {
		runtime.GC()
	}
	if a.watch == nil {
		pprof.Lookup(a.Name).WriteTo(w, a.debug) // a client that is gone cannot be told
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), time.Duration(a.Seconds*float64(time.Second)))
	defer cancel()
	var text strings.Builder // so that a failure is not half an answer
	if err := a.watch(ctx, &text, a.debug); err != nil {
		w.Header().Del("Content-Disposition")
		manage.WriteError(w, fault.New(fault.BusinessRule, "the profile cannot be taken: "+err.Error()))
		return
	}
	io.WriteString(w, text.String())
}

func watchCPU(ctx context.Context, w io.Writer, _ int) error {
	if err := pprof.StartCPUProfile(w); err != nil { // the program takes one itself
		return err
	}
	<-ctx.Done()
	pprof.StopCPUProfile()
	return nil
}

func watchTrace(ctx context.Context, w io.Writer, _ int) error {
	if err := trace.Start(w); err != nil {
		return err
	}
	<-ctx.Done()
	trace.Stop()
	return nil
}

// watchMutex counts waits for locks only while somebody asks: that is not free.
func watchMutex(ctx context.Context, w io.Writer, debug int) error {
	before := runtime.SetMutexProfileFraction(1)
	<-ctx.Done()
	runtime.SetMutexProfileFraction(before)
	return pprof.Lookup("mutex").WriteTo(w, debug)
}

// watchBlock likewise. The rate that there was before cannot be asked for.
func watchBlock(ctx context.Context, w io.Writer, debug int) error {
	runtime.SetBlockProfileRate(1)
	<-ctx.Done()
	runtime.SetBlockProfileRate(0)
	return pprof.Lookup("block").WriteTo(w, debug)
}
