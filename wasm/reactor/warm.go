package main

import "runtime"

// The module is snapshotted behind its init functions, so that what they do
// costs a host nothing. This one loads the default definition, which a host would
// wait for at its first call, and lets Go's collector run for the first times: its
// own memory, which comes in pieces of 256 KiB, and that of the garbage of small
// calls does not have to grow later then.
func init() {
	for _, judge := range []operation{(*instance).validateRequest, (*instance).validateResponse, (*instance).validateNotification} {
		if _, err := judge(current, nil, []byte(sample)); err != nil {
			panic(err)
		}
	}
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
