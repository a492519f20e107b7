//go:build linux

package main

import (
	"bytes"
	"errors"
	"testing"
)

func frame(opcode byte, payload string) []byte {
	switch n := len(payload); {
	case n < 126:
		return append([]byte{opcode, byte(n)}, payload...)
	case n < 1<<16:
		return append([]byte{opcode, 126, byte(n >> 8), byte(n)}, payload...)
	default:
		return append([]byte{opcode, 127, 0, 0, 0, 0, 0, byte(n >> 16), byte(n >> 8), byte(n)}, payload...)
	}
}

func TestStreamCountsFramesHoweverTheyAreCut(t *testing.T) {
	long := string(bytes.Repeat([]byte("x"), 70_000))
	all := bytes.Join([][]byte{
		frame(0x81, "short"), frame(0x89, "ping"), frame(0x81, long[:300]), frame(0x82, long), frame(0x81, "last"),
	}, nil)
	for _, step := range []int{1, 2, 3, 7, 1000, len(all)} {
		s, frames := stream{keep: true}, 0
		for at := 0; at < len(all); at += step {
			n, err := s.take(all[at:min(at+step, len(all))])
			if err != nil {
				t.Fatal(err)
			}
			frames += n
		}
		if frames != 4 || s.payload != 5+300+70_000+4 || string(s.kept) != "last" || s.left != 0 {
			t.Errorf("by %d: %d frames of %d bytes, the last %q", step, frames, s.payload, s.kept)
		}
	}
}

func TestStreamRefusesWhatTheServerMustNotSend(t *testing.T) {
	for name, bytes := range map[string][]byte{
		"masked":       {0x81, 0x85, 0, 0, 0, 0},
		"continuation": {0x80, 1, 'x'},
		"fragment":     {0x01, 1, 'x'},
		"compressed":   {0xC1, 1, 'x'},
		"empty":        {0x81, 0},
	} {
		var s stream
		if _, err := s.take(bytes); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	var s stream
	if _, err := s.take([]byte{0x88, 2, 3, 0xE8}); !errors.Is(err, errClosed) {
		t.Errorf("close: %v", err)
	}
}
