//go:build linux

package main

import (
	"fmt"
	"html"
	"strings"
)

// The chart's measures, in pixels.
const (
	chartWidth = 900
	labelWidth = 430
	barHeight  = 16
	lineHeight = 30
	chartTop   = 56
	// chartBottom has room for a line that says what the bars do not.
	chartBottom = 40
	reachAt     = 200 // of the bars' width, where what is to be reached is
	mostShare   = 2   // of it that is drawn
)

// chart draws how much of what is to be reached was, a bar for each row.
func chart(results []result) string {
	height := chartTop + len(results)*lineHeight + chartBottom
	var b strings.Builder
	fmt.Fprintf(&b, chartHead, chartWidth, height, chartWidth, height)
	for i, r := range results {
		chartRow(&b, chartTop+i*lineHeight, r)
	}
	line := labelWidth + reachAt
	fmt.Fprintf(&b, `<line class="reach" x1="%d" y1="%d" x2="%d" y2="%d"/>`+"\n", line, chartTop-10, line, height-chartBottom+4)
	fmt.Fprintf(&b, `<text class="head" x="%d" y="%d" text-anchor="middle">to be reached</text>`+"\n", line, chartTop-18)
	fmt.Fprintf(&b, `<text x="10" y="%d">%s</text>`+"\n", height-10, chartNote)
	b.WriteString("</svg>\n")
	return b.String()
}

func chartRow(b *strings.Builder, y int, r result) {
	name := r.subject()
	if r.against != "" {
		name += " / " + r.against
	}
	class, share := "met", min(r.share(), mostShare)
	if r.missed() {
		class = "short"
	}
	end := int(share * reachAt)
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="end">%s</text>`+"\n", labelWidth-10, y+barHeight-4, html.EscapeString(fit(strings.ReplaceAll(name, "`", ""))))
	fmt.Fprintf(b, `<rect class="%s" x="%d" y="%d" width="%d" height="%d" rx="2"/>`+"\n", class, labelWidth, y, end, barHeight)
	at := labelWidth + end + 8
	if d := at - labelWidth - reachAt; -66 < d && d < 4 { // it would stand on the line
		at = labelWidth + reachAt + 8
	}
	fmt.Fprintf(b, `<text class="value" x="%d" y="%d">%s</text>`+"\n", at, y+barHeight-4, html.EscapeString(r.measured()))
}

// fit shortens what does not fit beside the bars.
func fit(name string) string {
	const most = 66
	if runes := []rune(name); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return name
}

const chartNote = "Frames a second: four events are on their way, and what waits for a socket may be written by one call; one event at a time: nothing can wait."

// The colours are told apart in light and dark, and by those who see red and green
// alike; ✗ says the same.
const chartHead = `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="system-ui, sans-serif" font-size="12">
<style>
text { fill: #24292f }
.head { font-size: 13px; font-weight: 600 }
.value { font-weight: 600 }
.met { fill: #2f6fb5 }
.short { fill: #d9822b }
.reach { stroke: #24292f; stroke-width: 1.5; stroke-dasharray: 4 3 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.met { fill: #6cb0f5 }
.short { fill: #f0a458 }
.reach { stroke: #e6edf3 }
}
</style>
<text class="head" x="10" y="22">How much of what is to be reached was: longer is better (at twice as much a bar ends)</text>
`
