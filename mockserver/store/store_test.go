package store_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/mockserver/store"
	"pgregory.net/rapid"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 123_456_789, time.FixedZone("", 3600))

func parse(t interface{ Fatalf(string, ...any) }, text string) jsonscan.Value {
	var doc jsonscan.Document
	if err := doc.Parse([]byte(text), jsonscan.Limits{}); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return doc.Root()
}

func TestStamp(t *testing.T) {
	const meta = `"meta":{"versionId":"7","lastUpdated":"2026-03-01T11:00:00.123Z"`
	for _, c := range []struct{ name, in, want string }{
		{"nothing there", `{"resourceType":"Patient"}`, `{"resourceType":"Patient","id":"a",` + meta + `}}`},
		{"no type first", `{"active":true}`, `{"id":"a",` + meta + `},"active":true}`},
		{"empty object", `{}`, `{"id":"a",` + meta + `}}`},
		{"id replaced in place", `{"active":true, "id" : "zzz"}`, `{` + meta + `},"active":true, "id" : "a"}`},
		{"numbers kept", `{"resourceType":"X","v":1.50,"w":9007199254740993,"e":1E+2}`, `{"resourceType":"X","id":"a",` + meta + `},"v":1.50,"w":9007199254740993,"e":1E+2}`},
		{"other meta kept", `{"id":"b","meta":{"tag":[{"code":"t"}],"versionId":"1"}}`, `{"id":"a","meta":{"lastUpdated":"2026-03-01T11:00:00.123Z","tag":[{"code":"t"}],"versionId":"7"}}`},
		{"siblings dropped", `{"id":"b","meta":{"_versionId":{"id":"x"},"_lastUpdated":{"id":"y"}}}`, `{"id":"a",` + meta + `}}`},
		{"escaped name", `{"\u0069d":"b",` + meta + `}}`, `{"\u0069d":"a",` + meta + `}}`},
		{"white space", "{\n \"resourceType\": \"X\" ,\n \"a\": 1\n}\n", "{\n \"resourceType\": \"X\",\"id\":\"a\"," + meta + "},\n \"a\": 1\n}"},
	} {
		if got := store.Stamp(parse(t, c.in), "a", 7, noon); string(got) != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.name, got, c.want)
		}
	}
}

// TestStampChangesNothingElse compares with what encoding/json makes of it.
func TestStampChangesNothingElse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfDistinct(rapid.SampledFrom([]string{
			"resourceType", "id", "meta", "name", "_id", "text", "a\tb"}), rapid.ID).Draw(t, "names")
		metaNames := rapid.SliceOfDistinct(rapid.SampledFrom([]string{
			"versionId", "lastUpdated", "_versionId", "_lastUpdated", "tag", "profile"}), rapid.ID).Draw(t, "meta")
		space := rapid.SampledFrom([]string{"", " ", "\n\t"}).Draw(t, "space")
		text := object(names, space, func(name string) string {
			if name == "meta" {
				return object(metaNames, space, strconv.Quote)
			}
			return "1.50"
		})
		got := decode(t, store.Stamp(parse(t, text), "a", 7, noon))

		want := decode(t, []byte(text))
		meta, _ := want["meta"].(map[string]any)
		if meta == nil {
			meta = map[string]any{}
		}
		delete(meta, "_versionId")
		delete(meta, "_lastUpdated")
		meta["versionId"], meta["lastUpdated"] = "7", "2026-03-01T11:00:00.123Z"
		want["id"], want["meta"] = "a", meta
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%s\ngot  %v\nwant %v", text, got, want)
		}
	})
}

func object(names []string, space string, value func(string) string) string {
	text := "{"
	for i, n := range names {
		if i > 0 {
			text += space + ","
		}
		text += space + strconv.Quote(n) + space + ":" + space + value(n)
	}
	return text + space + "}"
}

func decode(t *rapid.T, text []byte) map[string]any {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return m
}

func TestLifeOfAResource(t *testing.T) {
	s := store.New(0)
	body := parse(t, `{"resourceType":"Patient"}`)
	if _, ok := s.Delete("Patient", "p", noon); ok {
		t.Error("deleted what never was")
	}
	created, before := s.Put("Patient", "p", "ann", noon, body)
	if created.VersionID != 1 || created.Owner != "ann" || before.VersionID != 0 {
		t.Errorf("created %+v after %+v", created, before)
	}
	if updated, before := s.Put("Patient", "p", "bob", noon, body); updated.VersionID != 2 || updated.Owner != "ann" || before.VersionID != 1 {
		t.Errorf("updated %+v after %+v", updated, before)
	}
	if before, ok := s.Delete("Patient", "p", noon); !ok || before.VersionID != 2 {
		t.Errorf("deleted %+v, %v", before, ok)
	}
	if _, ok := s.Delete("Patient", "p", noon); ok {
		t.Error("deleted twice")
	}
	tombstone, ok := s.Current("Patient", "p")
	if !ok || !tombstone.Deleted || tombstone.VersionID != 3 || tombstone.Owner != "ann" || tombstone.Body != nil {
		t.Errorf("tombstone %+v, %v", tombstone, ok)
	}
	if v, ok := s.Version("Patient", "p", 1); !ok || !bytes.Equal(v.Body, created.Body) {
		t.Errorf("version 1 of a deleted resource: %+v, %v", v, ok)
	}
	if again, before := s.Put("Patient", "p", "bob", noon, body); again.VersionID != 4 || again.Owner != "bob" || !before.Deleted {
		t.Errorf("created again %+v after %+v", again, before)
	}
}

func TestHistoryIsBounded(t *testing.T) {
	s := store.New(2)
	for range 5 {
		s.Put("Patient", "p", "", noon, parse(t, `{}`))
	}
	for n, want := range []bool{false, false, false, false, true, true, false} {
		if _, ok := s.Version("Patient", "p", n); ok != want {
			t.Errorf("version %d is kept: %v", n, ok)
		}
	}
}

func TestAllKeepsTheOrderOfCreation(t *testing.T) {
	s := store.New(0)
	for _, id := range []string{"c", "a", "b", "a"} {
		s.Put("Patient", id, "", noon, parse(t, `{}`))
	}
	s.Put("Basic", "x", "", noon, parse(t, `{}`))
	s.Delete("Patient", "c", noon)
	s.Delete("Basic", "x", noon)
	var ids []string
	for v := range s.All("Patient") {
		ids = append(ids, v.ID)
	}
	if !slices.Equal(ids, []string{"a", "b"}) {
		t.Errorf("All = %v", ids)
	}
	for name, n := range s.Types() {
		if name != "Patient" || n != 2 {
			t.Errorf("Types yields %s: %d", name, n)
		}
	}
}
