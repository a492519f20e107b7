package jsonscan_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/wsbind/wsbind/core/jsonscan"
)

var response = []byte(`{"resourceType":"Parameters","parameter":[` +
	`{"name":"token","valueString":"eyJhbGciOiJFUzI1NiIsInR5cCI6ImZoaXItd3MtYmluZGluZytqd3QifQ.e30.c2lnbmF0dXJl"},` +
	`{"name":"expiration","valueDateTime":"2026-01-01T00:00:00.000Z"},` +
	`{"name":"subscription","valueString":"subscription-1"},` +
	`{"name":"subscription","valueString":"subscription-2"},` +
	`{"name":"websocket-url","valueUrl":"wss://example.org/fhir/ws"}]}`)

// BenchmarkRead reads a response and a 200 kB list of them with ours and with
// the readers that one would reach for; make bench states the ratios.
func BenchmarkRead(b *testing.B) {
	texts := map[string][]byte{
		"response": response,
		"200kB":    []byte("[" + strings.Repeat(string(response)+",", 200_000/len(response)) + "null]"),
	}
	for _, size := range []string{"response", "200kB"} {
		text := texts[size]
		b.Run(size+"/ours", func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			var doc jsonscan.Document
			for b.Loop() {
				if err := doc.Parse(text, jsonscan.Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(size+"/jsontext", func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if !jsontext.Value(text).IsValid() {
					b.Fatal("invalid")
				}
			}
		})
		b.Run(size+"/encoding-json", func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				var v any
				if err := json.Unmarshal(text, &v); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
