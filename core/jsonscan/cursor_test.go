package jsonscan_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/jsonscan"
)

// rewrite writes a value anew by cursors alone, or by iterators alone.
func rewrite(b *strings.Builder, v jsonscan.Value, cursors bool) {
	sep := ""
	switch v.Kind() {
	case jsonscan.Array:
		b.WriteByte('[')
		if cursors {
			for e := v.First(); e.Exists(); e = e.Next() {
				b.WriteString(sep)
				rewrite(b, e.Value, cursors)
				sep = ","
			}
		} else {
			for e := range v.Elements() {
				b.WriteString(sep)
				rewrite(b, e, cursors)
				sep = ","
			}
		}
		b.WriteByte(']')
	case jsonscan.Object:
		b.WriteByte('{')
		member := func(name, value jsonscan.Value) {
			fmt.Fprintf(b, "%s%s:", sep, name.Raw())
			rewrite(b, value, cursors)
			sep = ","
		}
		if cursors {
			for m := v.FirstMember(); m.Exists(); m = m.Next() {
				member(m.Name(), m.Value())
			}
		} else {
			for name, value := range v.Members() {
				member(name, value)
			}
		}
		b.WriteByte('}')
	default:
		b.Write(v.Raw())
	}
}

// random writes a random value without white space, nested at most depth deep.
func random(r *rand.Rand, depth int) string {
	kinds := 8
	if depth == 0 {
		kinds = 6
	}
	var parts []string
	switch r.IntN(kinds) {
	case 6:
		for range r.IntN(4) {
			parts = append(parts, random(r, depth-1))
		}
		return "[" + strings.Join(parts, ",") + "]"
	case 7:
		for i := range r.IntN(4) {
			parts = append(parts, `"`+strconv.Itoa(i)+`":`+random(r, depth-1))
		}
		return "{" + strings.Join(parts, ",") + "}"
	default:
		return []string{"null", "true", "-0.5e+3", `""`, `"a\"\\"`, `"é😀"`}[r.IntN(6)]
	}
}

func TestCursorsVisitEverythingOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var doc jsonscan.Document
	for range 2000 {
		text := random(r, 5)
		if err := doc.Parse([]byte(text), jsonscan.Limits{}); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		for _, cursors := range []bool{true, false} {
			var got strings.Builder
			if rewrite(&got, doc.Root(), cursors); got.String() != text {
				t.Fatalf("cursors %v: %s\nwant %s", cursors, got.String(), text)
			}
		}
	}
}

func TestCursorsOfOtherKinds(t *testing.T) {
	var doc jsonscan.Document
	for _, text := range []string{"null", "1", `"a"`, "[]", "{}", `[{"a":1}]`, `{"a":[1]}`} {
		if err := doc.Parse([]byte(text), jsonscan.Limits{}); err != nil {
			t.Fatal(err)
		}
		root := doc.Root()
		if root.First().Exists() != strings.HasPrefix(text, "[{") || root.FirstMember().Exists() != strings.HasPrefix(text, `{"`) {
			t.Errorf("%s: there is an element, or a member, where there is none, or none where there is one", text)
		}
	}
	if absent := (jsonscan.Value{}); absent.First().Exists() || absent.FirstMember().Exists() {
		t.Error("an absent value has parts")
	}
}

func TestPlain(t *testing.T) {
	for text, want := range map[string]string{`"a"`: "a", `""`: "", `"é😀"`: "é😀", `"\u0061"`: "no", `"a\n"`: "no", "1": "no", "null": "no", "[]": "no", "{}": "no"} {
		var doc jsonscan.Document
		if err := doc.Parse([]byte(text), jsonscan.Limits{}); err != nil {
			t.Fatal(err)
		}
		if got, ok := doc.Root().Plain(); ok != (want != "no") || ok && string(got) != want || !ok && got != nil {
			t.Errorf("%s: %q %v", text, got, ok)
		}
	}
	if got, ok := (jsonscan.Value{}).Plain(); ok || got != nil {
		t.Error("an absent value is plain")
	}
}

// TestNamesAreComparedInFull: whatever short cut is taken, an object is refused
// exactly where two of its names, unescaped, are the same.
func TestNamesAreComparedInFull(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	letters := []string{"a", "b", "z", "", `\u0061`, `\u007a`, "é", `\u00e9`, `\"`, "name", "value", "😀", `\ud83d\ude00`}
	var doc jsonscan.Document
	refused := 0
	for range 20_000 {
		var parts []string
		names := map[string]bool{}
		twice := false
		for range 1 + r.IntN(20) {
			name := `"`
			for range r.IntN(4) {
				name += letters[r.IntN(len(letters))]
			}
			name += `"`
			var plain string
			if err := json.Unmarshal([]byte(name), &plain); err != nil {
				t.Fatal(err)
			}
			twice = twice || names[plain]
			names[plain] = true
			parts = append(parts, name+":0")
		}
		text := "{" + strings.Join(parts, ",") + "}"
		if err := doc.Parse([]byte(text), jsonscan.Limits{}); (err != nil) != twice {
			t.Fatalf("%s: %v, twice is %v", text, err, twice)
		}
		if twice {
			refused++
		}
	}
	if refused < 1000 || refused > 19_000 {
		t.Errorf("%d of 20,000 are refused: one verdict is hardly tested", refused)
	}
}
