package notification_test

import (
	"fmt"
	"testing"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/schemas/vectors"
)

func release(t testing.TB, name string) fhir.Release {
	t.Helper()
	r, ok := fhir.ParseRelease(name)
	if !ok {
		t.Fatalf("no release %q", name)
	}
	return r
}

func notifications(t testing.TB) []vectors.Notification {
	t.Helper()
	cases, err := vectors.Notifications()
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

// brief makes an issue comparable with that of a vector.
func brief(issues []fault.Issue) (brief []vectors.Issue) {
	for _, i := range issues {
		brief = append(brief, vectors.Issue{Severity: i.Severity.String(), Code: string(i.Code), Expression: i.Expression})
	}
	return brief
}

func TestVectors(t *testing.T) {
	var c notification.Checker // one for all: nothing of a document may stay
	for _, v := range notifications(t) {
		t.Run(v.Name, func(t *testing.T) {
			issues := c.Check(v.Document, release(t, v.FHIR))
			if got := fault.Valid(issues); got != v.Valid {
				t.Errorf("valid is %v, the vector says %v: %s", got, v.Valid, v.Why)
			}
			if got, want := fmt.Sprint(brief(issues)), fmt.Sprint(v.Issues); got != want {
				t.Errorf("issues\n\t%s\nthe vector says\n\t%s", got, want)
			}
			for _, i := range issues {
				if i.Diagnostics == "" || !i.Code.Known() {
					t.Errorf("an issue without sentence or of no code in the table: %+v", i)
				}
				if i.Offset < 0 || i.Offset+i.Length > len(v.Document) {
					t.Errorf("an issue outside the document: %+v", i)
				}
			}
		})
	}
}

// TestVectorsAreEnough keeps the counts that were promised.
func TestVectorsAreEnough(t *testing.T) {
	all, negative, published := 0, 0, 0
	for _, v := range notifications(t) {
		all++
		if v.Negative() {
			negative++
		}
		if v.Source != "" {
			published++
		}
	}
	if all < 130 || negative*2 <= all || published < 40 {
		t.Errorf("%d vectors, %d negative, %d from something published: at least 130, more than half and 40 are due", all, negative, published)
	}
}
