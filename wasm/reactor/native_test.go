package main

import (
	"encoding/binary"
	"encoding/json"
	"slices"
	"testing"
)

// These tests call the exports as Go functions, on the machine that runs them.
// What is tested through WebAssembly is in module_test.go.

// fresh gives a test an instance of its own.
func fresh(t testing.TB) {
	t.Helper()
	if n := exportBufferLive(); n != 0 {
		t.Fatalf("%d buffers are live before the test", n)
	}
	current = new(instance)
	t.Cleanup(func() {
		if n := exportBufferLive(); n != 0 {
			t.Errorf("%d buffers are live after the test", n)
		}
	})
}

// bytesAt returns the bytes of a live buffer.
func bytesAt(t testing.TB, at int32) []byte {
	t.Helper()
	i := slices.IndexFunc(buffers.live, func(b []byte) bool { return address(b) == at })
	if i < 0 {
		t.Fatalf("no buffer is live at %#x", at)
	}
	return buffers.live[i]
}

// input makes a buffer with the given bytes.
func input(t testing.TB, text []byte) (at, length int32) {
	t.Helper()
	at = exportBufferNew(int32(len(text)))
	if at == 0 {
		t.Fatal("there is no buffer")
	}
	copy(bytesAt(t, at), text)
	return at, int32(len(text))
}

func envelope(options, document string) []byte {
	text := binary.LittleEndian.AppendUint32(nil, uint32(len(options)))
	return append(append(text, options...), document...)
}

// output takes an answer out of its buffer.
func output(t testing.TB, answer int64) string {
	t.Helper()
	if answer == 0 {
		return ""
	}
	at, length := int32(uint64(answer)>>32), int(uint32(answer))
	b := bytesAt(t, at)
	if len(b) != length {
		t.Fatalf("the answer has %d bytes, its buffer %d", length, len(b))
	}
	text := string(b)
	if exportBufferFree(at) != 1 {
		t.Fatal("the answer cannot be freed")
	}
	if !json.Valid([]byte(text)) {
		t.Fatalf("the answer is no JSON: %s", text)
	}
	return text
}

// ask calls an export with an envelope.
func ask(t testing.TB, export func(at, length int32) int64, options, document string) string {
	t.Helper()
	at, length := input(t, envelope(options, document))
	return output(t, export(at, length))
}

// code returns the code of a failed call, "" for one that did not fail.
func code(t testing.TB, answer string) string {
	t.Helper()
	var failed struct {
		Error struct{ Code, Diagnostics string }
	}
	if answer != "" {
		if err := json.Unmarshal([]byte(answer), &failed); err != nil {
			t.Fatal(err)
		}
	}
	if failed.Error.Code != "" && failed.Error.Diagnostics == "" {
		t.Errorf("no diagnostics: %s", answer)
	}
	return failed.Error.Code
}

const validResponse = `{"resourceType":"Parameters","parameter":[
 {"name":"token","valueString":"abc"},
 {"name":"expiration","valueDateTime":"2026-01-02T12:00:00.25Z"},
 {"name":"subscription","valueString":"a"},
 {"name":"websocket-url","valueUrl":"wss://example.org/ws"}]}`
