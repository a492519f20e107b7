//go:build linux

package main

import (
	"strings"
	"testing"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		list []float64
		want float64
	}{
		{nil, 0}, {[]float64{3}, 3}, {[]float64{4, 2}, 3}, {[]float64{9, 1, 5}, 5}, {[]float64{100, 1, 2, 3, 0}, 2},
	} {
		if got := median(c.list); got != c.want {
			t.Errorf("of %v: %v, want %v", c.list, got, c.want)
		}
	}
}

// The median of ratios is of rounds, not of sides: what slows a round down slows both.
func TestRatiosAreOfRounds(t *testing.T) {
	if got := median(ratios([]float64{10, 1, 4}, []float64{20, 2, 8})); got != 0.5 {
		t.Errorf("%v", got)
	}
}

func TestNumbers(t *testing.T) {
	for f, want := range map[float64]string{0: "0.00", 9.994: "9.99", 10: "10.0", 123.4: "123", 1234.6: "1,235", 1234567: "1,234,567"} {
		if got := short(f); got != want {
			t.Errorf("%v is written %s, want %s", f, got, want)
		}
	}
}

func TestMissed(t *testing.T) {
	least, most := row{what: "frames", against: "bare", reach: 0.8, why: []string{"because"}}, row{what: "memory", against: "bare", reach: 1.5, atMost: true, why: []string{"because"}}
	milliseconds := row{what: "start", reach: 150, atMost: true, unit: "ms"}
	for _, c := range []struct {
		result
		measured string
	}{
		{result{row: least, value: 0.8}, "0.80 ×"},
		{result{row: least, value: 0.796}, "0.80 ×"}, // what two digits tell is compared
		{result{row: least, value: 0.79}, "0.79 × ✗"},
		{result{row: most, value: 1.5}, "1.50 ×"},
		{result{row: most, value: 1.51}, "1.51 × ✗"},
		{result{row: milliseconds, value: 149}, "149 ms"},
		{result{row: milliseconds, value: 151}, "151 ms ✗"},
	} {
		if got := c.result.measured(); got != c.measured {
			t.Errorf("%s %v: %s, want %s", c.what, c.value, got, c.measured)
		}
	}
	text := missed([]result{{row: least, value: 0.5}, {row: most, value: 2}, {row: milliseconds, value: 1}})
	if strings.Count(text, "because") != 1 || strings.Count(text, "\n- ") != 1 || strings.Contains(text, "start") {
		t.Errorf("what is missed, and each reason once, was due:\n%s", text)
	}
	if text := missed([]result{{row: most, value: 1}}); text != "Nothing.\n" {
		t.Errorf("nothing is missed: %s", text)
	}
}

func TestTable(t *testing.T) {
	results := []result{
		{row: row{what: "frames", against: "bare", reach: 0.8}, value: 1.25, figures: "5 and 4"},
		{row: row{what: "start", reach: 150, atMost: true, unit: "ms"}, value: 200, figures: "once"},
	}
	const want = `| what | against | reach | measured | figures |
| --- | --- | --- | --: | --- |
| frames | bare | at least 0.8 × | 1.25 × | 5 and 4 |
| start | | at most 150 ms | 200 ms ✗ | once |
`
	if got := markdownTable(table(results)); got != want {
		t.Errorf("%s", got)
	}
	const terminal = `what    against  reach           measured  figures
frames  bare     at least 0.8 ×  1.25 ×    5 and 4
start            at most 150 ms  200 ms ✗  once
`
	if got := aligned(table(results)); got != terminal {
		t.Errorf("%s", got)
	}
}

func TestChart(t *testing.T) {
	text := chart([]result{
		{row: row{what: "a < b & `c`", against: `"d"`, reach: 1}, value: 0.5},
		{row: row{what: "much", reach: 1}, value: 100},
		{row: row{what: strings.Repeat("long ", 40), reach: 1, atMost: true}, value: 1},
		{row: row{what: "none", reach: 1}},
	})
	for _, want := range []string{`a &lt; b &amp; c / &#34;d&#34;`, `class="short" x="430" y="56" width="100"`, `width="400"`, `width="0"`, "…</text>", "prefers-color-scheme: dark"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
}
