package journal

import "slices"

// A Frame writes itself, whenever somebody wants to read it.
type Frame interface {
	Append(dst []byte) []byte
	Size() int
}

// AddFrame is Add for a frame that the server sends, in its own words: there is an
// entry for each, thousands at a time, so that its text is written when the entry
// is read and not before. Observers get the entry without it. Neither f nor the
// lists of e may change any more. Of a frame beyond MaxText a beginning is kept,
// written at once, and nothing of f or of the memory that the numbers of e are in:
// the bound in bytes would mean little otherwise.
func (j *Journal) AddFrame(e *Entry, f Frame) {
	if f.Size() <= MaxText {
		j.keep(e, f)
		return
	}
	own := *e
	own.Text = textOf(f)
	own.Events = slices.Clone(e.Events)
	if e.Total != nil {
		total := *e.Total
		own.Total = &total
	}
	j.keep(&own, nil)
}

// textOf returns the text of a frame as the journal has it.
func textOf(f Frame) string {
	text := f.Append(make([]byte, 0, f.Size()))
	return cutAt(string(text[:min(len(text), MaxText+1)]), MaxText) // one more tells that there is more
}
