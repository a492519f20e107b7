package binding

import (
	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// read returns the ids that a request names.
func (o *Operation) read(r Request) (ids []string, issues []fault.Issue, err error) {
	if r.Get || len(r.Body) == 0 {
		return nil, nil, nil
	}
	var doc jsonscan.Document
	if err := doc.Parse(r.Body, jsonscan.Limits{}); err != nil {
		return nil, nil, err
	}
	for p := range doc.Root().Get("parameter").Elements() {
		if p.Get("name").Is("id") {
			ids = append(ids, p.Get("valueId").Text())
		}
	}
	return ids, nil, nil
}

func (o *Operation) checkResponse(body []byte) error { return nil }

// Reader reads what a server answers, by the definition. It is not for several
// goroutines at once.
type Reader struct{}

// NewReader returns a reader for a release; definition is an
// OperationDefinition, or nil for the built-in one.
func NewReader(release fhir.Release, definition []byte) (*Reader, error) { return &Reader{}, nil }

// Response reads a response body. The response is complete if
// [fault.Valid](issues).
func (r *Reader) Response(body []byte) (Response, []fault.Issue) { return Response{}, nil }

func isID(s string) bool { return s != "" }
