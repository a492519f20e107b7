// Command reactor is the core as a WebAssembly module: a WASI reactor whose
// exports are those of wasm/ABI.md.
//
// Start with exports.go, which holds every export as one line, and call.go,
// which says what each call goes through: its buffer is taken, its envelope is
// opened, the operation runs on plain bytes, and the answer is put into a
// buffer. What an operation does is in the file of its name.
//
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared            # lean
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -tags jose # self-contained
//
// # What it promises
//
// A valid document costs no allocation once the memory of its validator has
// grown. A panic is recovered into the code internal, and what the instance
// held is forgotten then, but for its buffers. Input buffers are overwritten,
// and so is the memory in which a small answer was put together; what is read of
// a document in between is garbage of Go's, or lies in memory that the next
// document overwrites.
//
// The lean module asks its host for nothing: no clock, no randomness, no file.
//
// Everything but the build mode works on any platform, so that go test covers
// it; the tests also drive the built modules from outside.
package main

func main() {}
