package main

import "runtime"

// The module is snapshotted behind its init functions, so that what they do
// costs a host nothing. This one loads the default definition, which a host would
// wait for at its first call, and lets Go's collector run for the first times: its
// own memory, which comes in pieces of 256 KiB, and that of the garbage of small
// calls does not have to grow later then. Behind the last collection nothing has
// memory at hand, so all is done once more: a host would have to compile what the
// first call needs for that, which is as much as what it needs otherwise.
func init() {
	rehearse()
	for range 3 {
		litter()
		runtime.GC()
	}
	clear(kept[:])
	clear(keptPointers[:])
	const headroom = 2 << 20 // for the garbage between two collections
	kept[0] = &make([]byte, headroom)[0]
	kept[0] = nil
	runtime.GC()
	rehearse()
}

// rehearse makes the usual calls, in buffers of the usual sizes, as a host does.
func rehearse() {
	for _, usual := range []struct {
		run     operation
		options string
	}{
		{(*instance).validateRequest, ""},
		{(*instance).validateRequest, `{"brief":true}`},
		{(*instance).validateResponse, ""},
		{(*instance).validateResponse, `{"brief":true}`},
		{(*instance).validateNotification, ""},
	} {
		for size := 512; size <= 8<<10; size *= 2 {
			for _, document := range []string{sample, "{}"} {
				callAs(usual.run, size, string([]byte{byte(len(usual.options)), 0, 0, 0})+usual.options+document)
			}
		}
	}
}

// callAs makes a call as a host does, with a buffer of size bytes.
func callAs(run operation, size int, envelope string) {
	at := newBuffer(int32(size))
	n := copy(buffers.live[len(buffers.live)-1], envelope)
	answer := call(at, int32(n), run)
	exportBufferFree(int32(answer >> 32))
}

// sample makes the memory of the validators as large as usual documents need it.
const sample = `{"resourceType":"Parameters","parameter":[{"name":"token","valueString":"t"},` +
	`{"name":"expiration","valueDateTime":"2026-01-01T00:00:00Z"},{"name":"subscription","valueString":"1"},` +
	`{"name":"websocket-url","valueUrl":"wss://fhir.example/ws"},{"name":"id","valueId":"1"}]}`

// What litter keeps. These are no slices that grow, whose former arrays would be
// in the snapshot.
var (
	kept         [1024]*byte
	keptPointers [1024]**byte
)

// litter makes a span full of objects of every small size, without pointers
// and with, and keeps every fourth until the next time: the collector has lists
// for each size, of spans that are full, partly free, swept and not. The objects
// are zeros, which the snapshot does not hold.
func litter() {
	const span, largest = 8 << 10, 256 // bytes
	n := 0
	for size := 16; size <= largest; size += 16 {
		for i := range span / size {
			bytes, pointers := make([]byte, size), make([]*byte, size/8)
			kept[n], keptPointers[n] = &bytes[0], &pointers[0]
			if i%4 == 0 {
				n++
			}
		}
	}
}
