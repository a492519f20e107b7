package main

import (
	"strings"
	"testing"
)

func TestModuleMisuse(t *testing.T) {
	eachModule(t, func(t *testing.T, g guest) {
		invalid := func(what, answer string) {
			t.Helper()
			if code(t, answer) != "invalid-call" {
				t.Errorf("%s: %s", what, answer)
			}
		}
		size := uint64(g.module.Memory().Size())
		for _, at := range []uint64{0, 1, 8, size - 1, size, size + 1<<20, 1<<31 - 1, 1 << 31, 1<<32 - 1} {
			for _, length := range []uint64{0, 4, 1 << 20, 1<<31 - 1, 1 << 31, 1<<32 - 1} {
				invalid("an address that is none", g.answer(g.number("validate_response", at, length)))
				invalid("an address that is none", g.answer(g.number("issue_end", 1, at, length)))
			}
			if g.number("buffer_free", at) != 0 {
				t.Errorf("%#x is freed", at)
			}
		}
		for _, length := range []uint64{5, 1 << 20, 1<<31 - 1, 1 << 31, 1<<32 - 1} {
			at, _ := g.buffer(envelope("", ""))
			invalid("a length beyond the buffer", g.answer(g.number("define", at, length)))
			g.live(0)
		}
		at, length := g.buffer(envelope("", ""))
		if g.number("buffer_free", at) != 1 || g.number("buffer_free", at) != 0 {
			t.Error("a buffer is not freed once")
		}
		invalid("a buffer that was freed", g.answer(g.number("parse_bind", at, length)))
		at, length = g.buffer(envelope("", "bind-with-token t"))
		if got := g.answer(g.number("parse_bind", at, length)); got != `{"token":"t"}` {
			t.Error(got)
		}
		invalid("a buffer that was taken", g.answer(g.number("parse_bind", at, length)))
		for _, text := range []string{"", "\x00\x00\x00", "\x01\x00\x00\x00", "\xff\xff\xff\xff{}", "\x01\x00\x00\x00{", "\x02\x00\x00\x00[]"} {
			at, length := g.buffer([]byte(text))
			invalid("an envelope that is none", g.answer(g.number("validate_notification", at, length)))
		}
		g.live(0)
		if got := g.ask("validate_response", "", validResponse); got != "" {
			t.Errorf("after all that: %s", got)
		}
	})
}

// TestModuleLargeInput: 64 MiB do not fit, what fits is judged.
func TestModuleLargeInput(t *testing.T) {
	g := instantiate(t, leanModule)
	for _, size := range []uint64{maxBuffer + 1, 64 << 20, 1<<31 - 1, 1 << 31, 1<<32 - 1} {
		if at := g.number("buffer_new", size); at != 0 {
			t.Errorf("%d bytes are given at %#x", size, at)
		}
	}
	text := envelope("", "")
	text = append(text, strings.Repeat(" ", maxBuffer-len(text))...)
	at, length := g.buffer(text)
	if got := g.answer(g.number("validate_response", at, length)); !strings.Contains(got, `"code":"too-large"`) {
		t.Error(got)
	}
	g.live(0)
}

func TestModuleBufferBounds(t *testing.T) {
	g := instantiate(t, leanModule)
	var all []uint64
	for range maxBuffers {
		all = append(all, g.number("buffer_new", 1))
	}
	if at := g.number("buffer_new", 0); at != 0 {
		t.Errorf("buffer %d is given at %#x", maxBuffers+1, at)
	}
	g.live(maxBuffers)
	if got := g.answer(g.number("describe")); code(t, got) != "" {
		t.Errorf("an answer needs no room: %s", got)
	}
	for _, at := range all {
		if at == 0 || g.number("buffer_free", at) != 1 {
			t.Fatalf("%#x is no buffer", at)
		}
	}
	g.live(0)
}

// TestModuleHandlesOfOthers: what one instance gave out means nothing to
// another.
func TestModuleHandlesOfOthers(t *testing.T) {
	one, other := instantiate(t, leanModule), instantiate(t, leanModule)
	defined := one.ask("define", `{"url":"http://hl7.org/fhir/OperationDefinition/Subscription-status"}`, "")
	if !strings.HasPrefix(defined, `{"handle":1,`) {
		t.Fatal(defined)
	}
	if got := other.ask("validate_response", `{"handle":1}`, validResponse); code(t, got) != "unknown-handle" {
		t.Error(got)
	}
	if got := other.answer(other.number("verify_end", 1, 1, 0)); code(t, got) != "expired-handle" {
		t.Error(got)
	}
	if other.number("cancel", 1) != 0 || other.number("forget", 1) != 0 || one.number("forget", 1) != 1 {
		t.Error("a handle of another instance is dropped")
	}
}

// TestModuleTraps: an instance whose memory was destroyed may trap or answer
// nonsense, as often as it is called. Another from the same module is untouched.
func TestModuleTraps(t *testing.T) {
	g := instantiate(t, leanModule)
	at, length := g.buffer(envelope("", validResponse))
	memory := g.module.Memory()
	garbage := make([]byte, memory.Size())
	for i := range garbage {
		garbage[i] = 0xff
	}
	memory.Write(0, garbage)
	trapped := 0
	for range 3 {
		if _, err := g.try("validate_response", at, length); err != nil {
			trapped++
		}
	}
	if trapped == 0 {
		t.Error("nothing noticed that the memory is gone")
	}
	if got := instantiate(t, leanModule).ask("validate_response", "", validResponse); got != "" {
		t.Errorf("another instance: %s", got)
	}
}

// TestModulePending: one more than are kept drops the oldest.
func TestModulePending(t *testing.T) {
	g := instantiate(t, leanModule)
	var handles []uint64
	compact := instantiateToken(t, g)
	for range maxPending + 1 {
		var b begun
		parse(t, g.ask("verify_begin", policyOf, compact), &b)
		handles = append(handles, uint64(b.Handle))
	}
	for i, handle := range handles {
		got := g.answer(g.number("verify_end", handle, 1, seconds(1999999950)))
		if expired := code(t, got) == "expired-handle"; expired != (i == 0) {
			t.Fatalf("%d: %s", i, got)
		}
	}
	g.live(0)
}
