package jsonscan

import "strconv"

// Writer puts JSON together and sets the commas. What it is told to write is
// written: that objects and arrays end, and that members have names, is the
// caller's to see to.
//
//	w := jsonscan.Writer{Text: dst}
//	w.Object("")
//	w.String("code", "too-large")
//	w.Array("expression")
//	w.String("", "Bundle.entry[0]")
//	w.EndArray()
//	w.EndObject()
//	return w.Text
//
// Every method but the two that end something takes the name of a member, or ""
// for an element of an array and for the outermost value. A name is written as
// it is, so it holds nothing that JSON escapes.
//
// It is a pointer that is handed on where append would hand on three words in
// and three words out, which is a third of the code in WebAssembly.
type Writer struct {
	Text []byte // what was written so far, appended to what was there
	more bool   // a value stands before, in the same object or array
}

// begin writes what stands before a value. Nothing here is inlined: it is called
// hundreds of times.
//
//go:noinline
func (w *Writer) begin(name string) {
	if w.more {
		w.Text = append(w.Text, ',')
	}
	w.more = true
	if name != "" {
		w.Text = append(w.Text, '"')
		w.Text = append(w.Text, name...)
		w.Text = append(w.Text, '"', ':')
	}
}

// Object begins an object.
func (w *Writer) Object(name string) { w.open(name, '{') }

// EndObject ends an object.
func (w *Writer) EndObject() { w.end('}') }

// Array begins an array.
func (w *Writer) Array(name string) { w.open(name, '[') }

// EndArray ends an array.
func (w *Writer) EndArray() { w.end(']') }

//go:noinline
func (w *Writer) open(name string, bracket byte) {
	w.begin(name)
	w.Text = append(w.Text, bracket)
	w.more = false
}

//go:noinline
func (w *Writer) end(bracket byte) {
	w.Text = append(w.Text, bracket)
	w.more = true
}

// String writes a string, as [AppendString] does.
func (w *Writer) String(name, value string) {
	w.begin(name)
	w.Text = AppendString(w.Text, value)
}

// Strings writes an array of strings.
func (w *Writer) Strings(name string, values []string) {
	w.Array(name)
	for _, value := range values {
		w.String("", value)
	}
	w.EndArray()
}

// Int writes a whole number.
func (w *Writer) Int(name string, value int64) {
	w.begin(name)
	w.Text = strconv.AppendInt(w.Text, value, 10)
}

// Bool writes true or false.
//
//go:noinline
func (w *Writer) Bool(name string, value bool) {
	literal := "false"
	if value {
		literal = "true"
	}
	w.Raw(name, literal)
}

// Raw writes what is JSON already.
//
//go:noinline
func (w *Writer) Raw(name, value string) {
	w.begin(name)
	w.Text = append(w.Text, value...)
}
