package token

import (
	"encoding/json"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestParseDate(t *testing.T) {
	for text, want := range map[string]time.Time{
		"0":                         time.Unix(0, 0),
		"0.0":                       time.Unix(0, 0),
		"0e5":                       time.Unix(0, 0),
		"1.5":                       time.Unix(1, 5e8),
		"15e-1":                     time.Unix(1, 5e8),
		"0.15E+1":                   time.Unix(1, 5e8),
		"1e-9":                      time.Unix(0, 1),
		"1e-10":                     time.Unix(0, 0),
		"1e-400":                    time.Unix(0, 0),
		"1767355200":                time.Unix(1767355200, 0),
		"17673552e2":                time.Unix(1767355200, 0),
		"0.0000017673552e15":        time.Unix(1767355200, 0),
		"1767355200.9999999999":     time.Unix(1767355200, 999999999),
		"253402300799.999":          time.Unix(253402300799, 999e6),
		"2.53402300799e11":          time.Unix(253402300799, 0),
		"00000000000000000000000e1": time.Unix(0, 0), // no JSON, and harmless
	} {
		got, ok := parseDate(text)
		if !ok || !got.Equal(want) {
			t.Errorf("%s: %v, %v, want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{
		"-1", "-0", "-1e-9", "253402300800", "1e12", "1e20", "1e400", "1e401", "1e9223372036854775807", "1e99999999999999999999",
		"1e-9223372036854775808", "99999999999999999999", "1000000000000.5", "0.1111111111111111111111111111111111111111",
	} {
		if got, ok := parseDate(text); ok {
			t.Errorf("%s was read as %v", text, got)
		}
	}
}

// FuzzDateAgainstRat: every JSON number is read as exact arithmetic reads it.
func FuzzDateAgainstRat(f *testing.F) {
	for _, seed := range []string{"0", "1.5", "1e3", "15e-1", "253402300799.9999999999", "253402300800", "1e400", "0.00001e15", "-1", "1E+2"} {
		f.Add(seed)
	}
	limit := new(big.Rat).SetInt64(maxDate + 1)
	f.Fuzz(func(t *testing.T, text string) {
		if !json.Valid([]byte(text)) || strings.ContainsAny(text, " \t\r\n") || len(text) > maxDateText || len(text) == 0 || text[0] == '-' || text[0] < '0' || text[0] > '9' {
			return
		}
		got, ok := parseDate(text)
		if i := strings.IndexAny(text, "eE"); i >= 0 && len(text)-i > 5 {
			return // exact arithmetic would take forever
		}
		exact, _ := new(big.Rat).SetString(text)
		if exact.Cmp(limit) >= 0 {
			if ok {
				t.Errorf("%q is out of range, and was read as %v", text, got)
			}
			return
		}
		if !ok {
			// Only an exponent out of bounds is refused within the range.
			if tiny := big.NewRat(1, 1); exact.Sign() > 0 && exact.Cmp(tiny) >= 0 {
				t.Errorf("%q was refused", text)
			}
			return
		}
		nanoseconds := new(big.Int).Quo(new(big.Int).Mul(exact.Num(), big.NewInt(1e9)), exact.Denom())
		seconds, rest := new(big.Int).QuoRem(nanoseconds, big.NewInt(1e9), new(big.Int))
		if want := time.Unix(seconds.Int64(), rest.Int64()); !got.Equal(want) {
			t.Errorf("%q was read as %v, want %v", text, got, want)
		}
	})
}

// TestInstantsAreWrittenAsPackageTimeDoes, for the times that a token can have.
func TestInstantsAreWrittenAsPackageTimeDoes(t *testing.T) {
	for _, seconds := range []int64{0, 1, 951782400, 1767355201, maxDate, -62135596800, -1000} {
		for _, nanoseconds := range []int64{0, 1, 250_000_000, 999_999_999, 120_000} {
			at := time.Unix(seconds, nanoseconds)
			if got, want := instant(at), at.UTC().Format(time.RFC3339Nano); got != want {
				t.Errorf("%s, want %s", got, want)
			}
			d := time.Duration(seconds%1e9+1)*time.Second + time.Duration(nanoseconds)
			if got, want := lifetime(d), d.String(); d > 0 && got != want {
				t.Errorf("%s, want %s", got, want)
			}
		}
	}
}

// TestCalendarIsThatOfPackageTime, for every day of five hundred years and for
// days farther away.
func TestCalendarIsThatOfPackageTime(t *testing.T) {
	compare := func(days int64) {
		year, month, day := calendar(days)
		if wantYear, wantMonth, wantDay := time.Unix(days*86400, 0).UTC().Date(); year != wantYear || month != int(wantMonth) || day != wantDay {
			t.Errorf("day %d is %d-%d-%d, want %d-%d-%d", days, year, month, day, wantYear, wantMonth, wantDay)
		}
	}
	for days := int64(-100_000); days < 100_000; days++ {
		compare(days)
		compare(days * 37)
	}
}

// TestFitsDouble holds numbers against the standard library, but for the few
// beyond the largest double that are rounded down to it.
func TestFitsDouble(t *testing.T) {
	for _, text := range []string{"0", "-0.0e5", "1", "-1e308", "1.7976931348623157e308", "17976931348623157e292", "1.7976931348623159e308", "1.8e308", "1e309", "-1e309",
		"1e400", "1e-400", "0.0001e312", "0.0001e313", "1e99999999999999999999", "1e-99999999999999999999", "0e99999999999999999999", "1e9223372036854775807",
		strings.Repeat("9", 308), strings.Repeat("9", 309), strings.Repeat("9", 700) + "e-400", strings.Repeat("9", 700) + "e-391", "0." + strings.Repeat("0", 1000) + "1e1300", "0." + strings.Repeat("0", 1000) + "1e1400"} {
		_, err := strconv.ParseFloat(text, 64)
		if got := fitsDouble(text); got != (err == nil) {
			t.Errorf("%.60s: %v", text, got)
		}
	}
}
