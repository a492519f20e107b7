package jsonscan

import (
	"encoding/json"
	"testing"
)

func TestWriter(t *testing.T) {
	w := Writer{Text: []byte("x")}
	w.Object("")
	w.String("a", "\"\u2028<")
	w.Array("b")
	w.EndArray()
	w.Array("c")
	w.Int("", -1)
	w.Object("")
	w.EndObject()
	w.Bool("", true)
	w.EndArray()
	w.Object("d")
	w.Raw("e", "null")
	w.Bool("f", false)
	w.EndObject()
	w.Strings("g", []string{"", "h"})
	w.Strings("i", nil)
	w.EndObject()
	const want = `x{"a":"\"\u2028<","b":[],"c":[-1,{},true],"d":{"e":null,"f":false},"g":["","h"],"i":[]}`
	if string(w.Text) != want {
		t.Errorf("%s\nwant %s", w.Text, want)
	}
	if !json.Valid(w.Text[1:]) {
		t.Error("that is no JSON")
	}
}

func TestWriterAllocates(t *testing.T) {
	dst := make([]byte, 0, 128)
	n := testing.AllocsPerRun(100, func() {
		w := Writer{Text: dst}
		w.Object("")
		w.String("a", "b")
		w.Int("c", 1<<40)
		w.EndObject()
	})
	if n != 0 {
		t.Errorf("%v allocations with room to write in, want 0", n)
	}
}
