package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

const (
	// lifetime of a token is short, so that renewals happen all the time.
	lifetime = 6 * time.Second
	// patience is how long anything may take on a machine that is busy.
	patience = 90 * time.Second
	// tailed is how much of the server's log is kept.
	tailed = 20
)

// server is the wsbind under test.
type server struct {
	Base       string            `json:"base"`
	Management string            `json:"management"`
	FHIR       map[string]string `json:"fhir"`

	process *exec.Cmd
	http    *http.Client
	read    chan struct{} // closed when the log has ended
	ended   bool

	mu   sync.Mutex
	tail []string // the latest lines of the log
}

// startServer starts the process and reads where it listens. What it logs as an error,
// a panic for instance, fails the soak.
func startServer(cfg config, fail func(error)) (*server, error) {
	s := &server{read: make(chan struct{}), http: &http.Client{Transport: &http.Transport{}, Timeout: patience}}
	s.process = exec.Command(cfg.server, "serve", "--listen", "127.0.0.1:0", "--management", "127.0.0.1:0", "--json",
		"--seed", fmt.Sprint(cfg.seed), "--lifetime", lifetime.String())
	s.process.SysProcAttr = tied()
	log, err := s.process.StderrPipe()
	if err != nil {
		return nil, err
	}
	out, err := s.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.process.Start(); err != nil {
		return nil, fmt.Errorf("%w: run make build first", err)
	}
	go s.follow(log, fail)
	lines := bufio.NewReader(out)
	first, err := lines.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(first, s)
	}
	if err != nil {
		s.kill()
		s.explain(os.Stdout)
		return nil, fmt.Errorf("%s does not say where it listens: %w", cfg.server, err)
	}
	go io.Copy(io.Discard, lines)
	return s, nil
}

// follow keeps the end of the log.
func (s *server) follow(log io.Reader, fail func(error)) {
	defer close(s.read)
	lines := bufio.NewScanner(log)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		s.mu.Lock()
		if len(s.tail) == tailed {
			s.tail = s.tail[1:]
		}
		s.tail = append(s.tail, line)
		s.mu.Unlock()
		if bytes.Contains(lines.Bytes(), []byte(`"level":"ERROR"`)) {
			fail(errors.New("the server logged an error: " + line))
		}
	}
	io.Copy(io.Discard, log)
}

// end asks the server to end, as Ctrl-C does.
func (s *server) end() error {
	s.http.CloseIdleConnections()
	if err := s.process.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("the server was gone already: %w", err)
	}
	late := time.AfterFunc(patience, func() { s.process.Process.Kill() })
	defer late.Stop()
	<-s.read
	s.ended = true
	if err := s.process.Wait(); err != nil {
		return fmt.Errorf("the server ended badly: %w", err)
	}
	return nil
}

// reset starts everything in the server anew, and has its bases made.
func (s *server) reset(ctx context.Context) error {
	if _, err := s.manage(ctx, http.MethodPost, "/reset", "{}"); err != nil {
		return err
	}
	for release := range s.FHIR { // /state has those made that nobody asks for
		if _, err := s.fhir(ctx, http.MethodGet, release, "/metadata", ""); err != nil {
			return err
		}
	}
	return nil
}

// kill ends the server at once.
func (s *server) kill() {
	if !s.ended {
		s.ended = true
		s.process.Process.Kill() // fails only where it is gone already
		<-s.read
		s.process.Wait()
	}
}

// explain prints what there is to look at, and saves the journal.
func (s *server) explain(w io.Writer) {
	s.mu.Lock()
	for _, line := range s.tail {
		fmt.Fprintf(w, "server: %.300s\n", line)
	}
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for _, path := range []string{"/journal", "/debug/pprof/goroutine?debug=1", "/debug/pprof/heap"} {
		text, err := s.manage(ctx, http.MethodGet, path, "")
		if err != nil {
			return // it is gone, or was when it failed
		}
		file, err := os.CreateTemp("", "soak-*")
		if err != nil {
			return
		}
		file.Write(text)
		file.Close()
		fmt.Fprintf(w, "soak: GET %s is in %s\n", path, file.Name())
	}
}

// manage asks the management interface.
func (s *server) manage(ctx context.Context, method, path, body string) ([]byte, error) {
	return s.ask(ctx, method, s.Management+path, "application/json", body)
}

// ask makes one request, which must be answered by a status of success.
func (s *server) ask(ctx context.Context, method, url, kind, body string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader([]byte(body)))
	if err != nil {
		return nil, err
	}
	if body != "" {
		request.Header.Set("Content-Type", kind)
	}
	answer, err := s.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode >= 300 {
		err = fmt.Errorf("%s %s was answered %d: %.500s", method, url, answer.StatusCode, text)
	}
	return text, err
}

// fhir makes a request to a base.
func (s *server) fhir(ctx context.Context, method, release, path, body string) ([]byte, error) {
	return s.ask(ctx, method, s.FHIR[release]+path, "application/fhir+json", body)
}

// events asks how many events each Subscription had, by release and id.
func (s *server) events(ctx context.Context) (map[string]int64, error) {
	text, err := s.manage(ctx, http.MethodGet, "/state", "")
	if err != nil {
		return nil, err
	}
	var state struct {
		FHIR []struct {
			FHIR          string
			Subscriptions []struct {
				ID     string
				Events int64
			}
		}
	}
	if err := json.Unmarshal(text, &state); err != nil {
		return nil, err
	}
	all := map[string]int64{}
	for _, base := range state.FHIR {
		for _, one := range base.Subscriptions {
			all[base.FHIR+"/"+one.ID] = one.Events
		}
	}
	return all, nil
}
