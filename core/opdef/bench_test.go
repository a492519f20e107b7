package opdef

import (
	"strconv"
	"testing"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/schemas/check"
)

// BenchmarkValidate validates a small and a large response, beside the JSON
// Schema that is generated from the same definition, and beside the reading of
// the JSON alone, which is the bound.
func BenchmarkValidate(b *testing.B) {
	for _, n := range []int{5, 4500} {
		text := response(n)
		size := strconv.Itoa(len(text)) + "B"
		b.Run(size+"/ours", func(b *testing.B) {
			v := delivered(b, fhir.R4)
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				v.Validate(text, Out, TypeLevel)
			}
		})
		b.Run(size+"/reading-alone", func(b *testing.B) {
			var doc jsonscan.Document
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if err := doc.Parse(text, jsonscan.Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(size+"/encoding-json+jsonschema", func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if err := check.Response("R4", "type", text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
