package binding

import (
	"testing"
	"time"
)

// TestParseDateTimeIsTimeParse holds the reader against the standard library's,
// over every day of a cycle of leap years and every form that FHIR has.
func TestParseDateTimeIsTimeParse(t *testing.T) {
	days := 1
	if testing.Short() { // under the race detector: nothing here is concurrent
		days = 50
	}
	for day := time.Date(1795, 12, 30, 23, 45, 1, 0, time.UTC); day.Year() < 2204; day = day.AddDate(0, 0, days) {
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02", "2006-01-02Z07:00", "2006-01", "2006-01Z07:00", "2006"} {
			for _, zone := range []int{0, 3600 * 14, -3600*5 - 1800} {
				text := day.Add(time.Duration(day.YearDay()) * 2_739_726).In(time.FixedZone("", zone)).Format(layout)
				want, err := time.Parse(layout, text)
				if err != nil {
					t.Fatal(err)
				}
				if got, ok := parseDateTime(text); !ok || !got.Equal(want) || got.Location() != time.UTC {
					t.Fatalf("%s: %v, %v; want %v", text, got, ok, want)
				}
			}
		}
	}
}

func TestParseDateTimeEdges(t *testing.T) {
	for text, want := range map[string]string{
		"0001":                                "0001-01-01T00:00:00Z",
		"9999-12-31T23:59:59.999999999-14:00": "10000-01-01T13:59:59.999999999Z",
		"2016-12-31T23:59:60Z":                "2016-12-31T23:59:59Z",
		"2016-12-31T23:59:60.25+01:00":        "2016-12-31T22:59:59.25Z",
		"2024-02-29T00:00:00.0000000019Z":     "2024-02-29T00:00:00.000000001Z",
	} {
		got, ok := parseDateTime(text)
		if !ok || got.Format(time.RFC3339Nano) != want {
			t.Errorf("%s: %s, %v; want %s", text, got.Format(time.RFC3339Nano), ok, want)
		}
	}
	for _, text := range []string{"", "19", "2024-", "2024-1", "2024-13", "2024-01-02T", "2024-01-02T10", "2024-01-02T10:00:00Zx", "2024+1", "2024-01-02T10:00:00+1:00"} {
		if got, ok := parseDateTime(text); ok {
			t.Errorf("%q was read as %v", text, got)
		}
	}
}

func TestFormatDateTime(t *testing.T) {
	const last = 253402300799
	for _, seconds := range []int64{0, 59, 86399, 86400, 951782399, 951782400, 951868799, 951868800, 1767355200, 4107542399, 4107542400, last} {
		at := time.Unix(seconds, 999).UTC()
		if got, want := formatDateTime(at), at.Format(time.RFC3339); got != want {
			t.Errorf("%d: %s, want %s", seconds, got, want)
		}
	}
	for day := int64(0); day < last; day += 86400 * 13 {
		at := time.Unix(day, 0).UTC()
		if got, want := formatDateTime(at), at.Format(time.RFC3339); got != want {
			t.Fatalf("%s, want %s", got, want)
		}
	}
}
