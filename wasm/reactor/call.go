package main

import (
	"runtime"
	"strconv"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// largeDocument is the size in bytes beyond which a document is followed by a
// collection: see Memory in ABI.md.
const largeDocument = 256 << 10

// largeAnswer is the same for answers. A definition that just is no large document
// yields one, and of many such Go's collector does not keep up on one thread.
const largeAnswer = 128 << 10

// keptScratch bounds the memory that is kept for putting answers together. A
// larger answer becomes a buffer as it is.
const keptScratch = 64 << 10

// An operation answers an envelope. An answer of nil is that of a validation
// without an issue. It is put together in m.scratch, or stays the operation's.
type operation func(m *instance, options, document []byte) (answer []byte, err error)

// invalid is the answer of a validation in brief that found an error.
var invalid = []byte{}

// call is what every operation with an envelope goes through.
func call(at, length int32, run operation) int64 {
	return callBytes(at, length, func(m *instance, envelope []byte) ([]byte, error) {
		options, document, err := open(envelope)
		if err != nil {
			return nil, err
		}
		return run(m, options, document)
	})
}

// callBytes is call for what has no envelope.
func callBytes(at, length int32, run func(m *instance, input []byte) ([]byte, error)) (result int64) {
	input, ok := take(at)
	if !ok {
		return reply(nil, invalidCall("there is no live buffer at this address: ask buffer_new for one, and use it once"))
	}
	defer finish(input, &result)
	if length < 0 || int(length) > len(input) {
		return reply(nil, invalidCall("the length is "+strconv.Itoa(int(length))+", the buffer has "+strconv.Itoa(len(input))+" bytes"))
	}
	return reply(run(current, input[:length:length]))
}

// callNumbers is call for what takes no buffer.
func callNumbers(run func(m *instance) ([]byte, error)) (result int64) {
	defer finish(nil, &result)
	return reply(run(current))
}

// finish ends a call: a panic becomes an answer, and the input is gone.
func finish(input []byte, result *int64) {
	if recover() != nil {
		// What panicked may have left anything half done.
		current = current.successor()
		*result = reply(nil, fault.New(fault.Internal, "a fault within the module: definitions and handles are forgotten"))
	}
	if input == nil {
		return
	}
	large := len(input) > largeDocument
	release(input)
	if large {
		current.shrink()
	}
	if large || uint32(*result) > largeAnswer {
		runtime.GC()
	}
}

// open takes an envelope apart.
func open(envelope []byte) (options, document []byte, err error) {
	if len(envelope) < 4 {
		return nil, nil, invalidCall("the envelope has " + strconv.Itoa(len(envelope)) + " bytes, 4 for the length of the options are due")
	}
	n := uint32(envelope[0]) | uint32(envelope[1])<<8 | uint32(envelope[2])<<16 | uint32(envelope[3])<<24
	rest := envelope[4:]
	if uint64(n) > uint64(len(rest)) {
		return nil, nil, invalidCall("the options are said to have " + strconv.FormatUint(uint64(n), 10) + " bytes, the envelope has " + strconv.Itoa(len(rest)) + " left")
	}
	return rest[:n:n], rest[n:], nil
}

// reply puts an answer into a buffer: address << 32 | length, or 0 for none, or
// 1 for invalid.
func reply(answer []byte, err error) int64 {
	if err != nil {
		answer = current.failure(err)
	}
	if answer == nil {
		return 0
	}
	if len(answer) == 0 {
		return 1
	}
	b := answer
	if cap(answer) <= keptScratch {
		b = allocate(len(answer))
		copy(b, answer)
		clear(answer)
		current.scratch = answer[:0]
	} else {
		current.scratch = nil
	}
	hold(b)
	return int64(uint64(uint32(address(b)))<<32 | uint64(uint32(len(b))))
}

func invalidCall(detail string) error { return fault.New(fault.InvalidCall, detail) }

// failure writes why a call failed.
func (m *instance) failure(err error) []byte {
	issue := fault.IssueOf(err)
	w := m.writer()
	w.Object("error")
	w.String("code", string(issue.Code))
	w.String("diagnostics", issue.Diagnostics)
	if issue.Expression != "" {
		w.String("expression", issue.Expression)
	}
	w.EndObject()
	return answered(&w)
}

// writer begins an answer, which is an object.
func (m *instance) writer() jsonscan.Writer {
	w := jsonscan.Writer{Text: m.scratch[:0]}
	w.Object("")
	return w
}

// answered ends an answer.
func answered(w *jsonscan.Writer) []byte {
	w.EndObject()
	return w.Text
}
