package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// jsonlHelp is what the help of every command with --jsonl says of it.
const jsonlHelp = `With --jsonl each line of the input is one request, a JSON object, and is
answered by one line, in order; answers are written out before the command waits
for more input. The id of a request, a string or a number, is repeated in its
answer as it was written. A member that is null counts as absent. What cannot be
carried out is answered with {"id":…,"error":"…"}: the id is null if the line is
no JSON object. The exit status is 0 when every line was answered.`

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
		line, tooLong, err = readLine(lines, line[:0], maxDocument)
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
// most bytes is skipped and not kept.
func readLine(lines *bufio.Reader, buf []byte, most int) (line []byte, tooLong bool, err error) {
	for {
		part, err := lines.ReadSlice('\n')
		if len(buf)+len(part) > most {
			tooLong = true
		} else {
			buf = append(buf, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return bytes.TrimSuffix(buf, []byte("\n")), tooLong, err
		}
	}
}
