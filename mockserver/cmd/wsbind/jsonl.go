package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// jsonlHelp is what the help of every command with --jsonl says of it.
const jsonlHelp = `With --jsonl each line of the input is one request, a JSON object, and is
answered by one line, in order; answers are written out before the command waits
for more input. The id of a request, a string or a number, is repeated in its
answer as it was written. A member that is null counts as absent. What cannot be
carried out is answered with {"id":…,"error":"…"}: the id is null if the line is
no JSON object. The exit status is 0 when every line was answered.`

// maxLineDepth lets a line hold documents deeper than any that is accepted, so
// that it is the document that is refused, with its issues.
const maxLineDepth = 512

// an answerer appends the members of an answer behind its id. An error answers
// the request with "error" instead; what was appended is then dropped.
type answerer func(dst []byte, r *request) ([]byte, error)

// stream answers the lines of every file, or of stdin.
func (s streams) stream(args []string, answer answerer) error {
	if len(args) == 0 {
		args = []string{stdinName}
	}
	for _, name := range args {
		in, err := s.open(name)
		if err != nil {
			return err
		}
		err = stream(in, s.out, answer)
		in.Close()
		if err != nil {
			return withHint(err, "the lines before were answered")
		}
	}
	return nil
}

func stream(in io.Reader, out io.Writer, answer answerer) error {
	w := bufio.NewWriterSize(out, 64<<10)
	lines := bufio.NewReaderSize(&flusher{in, w}, 64<<10)
	var r request
	var line, reply []byte
	for {
		var tooLong bool
		var err error
		line, tooLong, err = readLine(lines, line[:0])
		if err != nil && !errors.Is(err, io.EOF) {
			return errors.Join(err, w.Flush())
		}
		if err != nil && len(line) == 0 {
			return w.Flush()
		}
		reply = append(r.reply(reply[:0], line, tooLong, answer), '\n')
		if _, err := w.Write(reply); err != nil {
			return err
		}
	}
}

// flusher writes out what was answered before it waits for input: the other
// end of an interactive pipe may be waiting for it.
type flusher struct {
	in  io.Reader
	out *bufio.Writer
}

func (f *flusher) Read(p []byte) (int, error) {
	if err := f.out.Flush(); err != nil {
		return 0, err
	}
	return f.in.Read(p)
}

// readLine appends the next line to buf, without its line feed. What is beyond
// maxDocument is skipped and not kept.
func readLine(lines *bufio.Reader, buf []byte) (line []byte, tooLong bool, err error) {
	for {
		part, err := lines.ReadSlice('\n')
		if len(buf)+len(part) > maxDocument {
			tooLong = true
		} else {
			buf = append(buf, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return bytes.TrimSuffix(buf, []byte("\n")), tooLong, err
		}
	}
}

// request is one line. Reading a member of the wrong type is noted, and makes
// the whole request fail.
type request struct {
	doc  jsonscan.Document
	root jsonscan.Value
	err  error
}

// reply appends the answer to one line.
func (r *request) reply(dst, line []byte, tooLong bool, answer answerer) []byte {
	id, err := r.read(line, tooLong)
	dst = append(dst, `{"id":`...)
	dst = append(dst, id...)
	if err == nil {
		start := len(dst)
		if dst, err = answer(dst, r); err == nil {
			return append(dst, '}')
		}
		dst = dst[:start]
	}
	dst = append(dst, `,"error":`...)
	dst = jsonscan.AppendString(dst, err.Error())
	var issues *definitionError
	if errors.As(err, &issues) {
		dst = append(dst, `,"issues":`...)
		dst = appendIssues(dst, issues.text, issues.issues)
	}
	return append(dst, '}')
}

// read parses a line and returns the id to answer with.
func (r *request) read(line []byte, tooLong bool) (id []byte, err error) {
	id, r.err, r.root = []byte("null"), nil, jsonscan.Value{}
	if tooLong {
		return id, fault.New(fault.TooLarge, "the line has more than "+strconv.Itoa(maxDocument)+" bytes")
	}
	if err := r.doc.Parse(line, jsonscan.Limits{MaxBytes: maxDocument, MaxDepth: maxLineDepth}); err != nil {
		return id, err
	}
	r.root = r.doc.Root()
	if k := r.root.Kind(); k != jsonscan.Object {
		return id, fault.New(fault.MalformedRequest, "the line is "+k.String()+", a JSON object is due")
	}
	switch v := r.root.Get("id"); v.Kind() {
	case jsonscan.String, jsonscan.Number:
		return v.Raw(), nil
	case jsonscan.Absent, jsonscan.Null:
		return id, nil
	default:
		return id, fault.New(fault.MalformedRequest, "member id is "+v.Kind().String()+", a string or a number is due")
	}
}

// done returns what was wrong with the members read, or names one that the
// command does not know: a misspelt audience must not turn into one that is
// not checked.
func (r *request) done(names ...string) error {
	if r.err != nil {
		return r.err
	}
members:
	for name := range r.root.Members() {
		for _, known := range names {
			if name.Is(known) {
				continue members
			}
		}
		if !name.Is("id") {
			return fault.New(fault.MalformedRequest, "member "+string(name.Raw())+" is not known here")
		}
	}
	return nil
}

// get returns a member, absent also where it is null, and notes when it is of
// none of the kinds.
func (r *request) get(name, due string, kinds ...jsonscan.Kind) jsonscan.Value {
	v := r.root.Get(name)
	if v.Kind() == jsonscan.Null {
		return jsonscan.Value{}
	}
	for _, k := range kinds {
		if v.Kind() == k {
			return v
		}
	}
	if v.Exists() {
		r.refuse("member " + name + " is " + v.Kind().String() + ", " + due + " is due")
	}
	return jsonscan.Value{}
}

func (r *request) refuse(why string) {
	if r.err == nil {
		r.err = fault.New(fault.MalformedRequest, why)
	}
}

// text returns a member that is a string, or what stands in for it.
func (r *request) text(name, absent string) string {
	if v := r.get(name, "a string", jsonscan.String); v.Exists() {
		return v.Text()
	}
	return absent
}

// document returns the text to check, which must be there.
func (r *request) document(name string) []byte {
	v := r.get(name, "a string", jsonscan.String)
	if !v.Exists() {
		r.refuse("member " + name + " is missing, the text to check is due")
	}
	return v.Bytes(nil)
}

func (r *request) boolean(name string, absent bool) bool {
	if v := r.get(name, "true or false", jsonscan.True, jsonscan.False); v.Exists() {
		return v.Kind() == jsonscan.True
	}
	return absent
}

// choice returns a member that is one of a few words.
func choice[T any](r *request, name, absent string, parse func(string) (T, error)) T {
	value, err := parse(r.text(name, absent))
	if err != nil {
		r.refuse("member " + name + ": " + err.Error())
	}
	return value
}
