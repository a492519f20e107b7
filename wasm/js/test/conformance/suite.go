package conformance

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log"
	"os"
)

// A Report is what a runner prints, as one line of JSON.
type Report struct {
	Version  string    `json:"version"` // of the runtime
	Cases    int       `json:"cases"`
	Failures []Failure `json:"failures"`
	Module   string    `json:"module"`  // SHA-256 of the module that ran; "" for none
	Results  string    `json:"results"` // SHA-256 over all answers
}

// A Failure is a case that went wrong.
type Failure struct {
	Case string `json:"case"`
	Want string `json:"want"`
	Got  string `json:"got"`
}

// Open reads cases.json.
func Open(path string) (*Suite, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	s := new(Suite)
	return s, json.Unmarshal(text, s)
}

// Run has an engine answer every case.
func (s *Suite) Run(engine Engine) Report {
	r := Report{Cases: len(s.Cases), Failures: []Failure{}}
	results := sha256.New()
	for i := range s.Cases {
		c := &s.Cases[i]
		got := s.try(engine, c, &r)
		fmt.Fprintf(results, "%s/%s %s\n", c.Kind, c.Name, got)
	}
	if s.Module != nil {
		sum := sha256.Sum256(s.Module)
		r.Module = hex.EncodeToString(sum[:])
	}
	r.Results = hex.EncodeToString(results.Sum(nil))
	return r
}

// try answers one case and returns the answer in its canonical form.
func (s *Suite) try(engine Engine, c *Case, r *Report) string {
	answer, err := engine(c)
	if err != nil {
		answer = Answer{Diagnostics: "no answer: " + err.Error()}
	}
	got, err := canonical(answer)
	if err != nil {
		got = "no JSON: " + err.Error()
	}
	r.compare(c, "", c.Expect, got)
	if c.Verdict != nil {
		r.compare(c, ", as its vector says", c.Verdict, brief(got))
	}
	return got
}

func (r *Report) compare(c *Case, what string, want json.RawMessage, got string) {
	text, err := canonical(want)
	if err != nil {
		text = "no JSON: " + err.Error()
	}
	if text != got {
		r.Failures = append(r.Failures, Failure{c.Kind + "/" + c.Name + what, text, got})
	}
}

// brief cuts an answer down to what a vector fixes.
func brief(answer string) string {
	var a object
	if err := json.Unmarshal([]byte(answer), &a); err != nil {
		return "no answer: " + err.Error()
	}
	out := object{}
	for _, name := range []string{"valid", "loaded", "ok", "claims", "payload", "token", "code"} {
		if value, is := a[name]; is {
			out[name] = value
		}
	}
	briefList(out, a, "issues", "severity", "code")
	briefList(out, a, "repairs", "code")
	text, err := canonical(out)
	if err != nil {
		return "no answer: " + err.Error()
	}
	return text
}

// briefList copies a list of issues, of each only some members and the expression.
func briefList(out, answer object, name string, members ...string) {
	issues, is := answer[name].([]any)
	if !is {
		return
	}
	all := []object{}
	for _, issue := range issues {
		issue, _ := issue.(object)
		short := object{"expression": ""}
		for _, member := range members {
			short[member] = issue[member]
		}
		if at, _ := issue["expression"].([]any); len(at) > 0 {
			short["expression"] = at[0]
		}
		all = append(all, short)
	}
	out[name] = all
}

// Main is a runner: it reads the cases from the file that is its last argument,
// has an engine answer them, and prints the report.
func Main(version string, start func(*Suite) (Engine, error)) {
	log.SetFlags(0)
	suite, err := Open(os.Args[len(os.Args)-1])
	if err != nil {
		log.Fatal(err)
	}
	engine, err := start(suite)
	if err != nil {
		log.Fatal(err)
	}
	report := suite.Run(engine)
	report.Version = version
	if err := json.NewEncoder(os.Stdout).Encode(report); err != nil {
		log.Fatal(err)
	}
}
