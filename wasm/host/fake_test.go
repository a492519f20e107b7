package host

import (
	"context"
	"encoding/binary"
	"maps"
	"slices"
	"testing"

	"github.com/tetratelabs/wazero/api"
)

// fake writes a WebAssembly module by hand: one with the exports of the ABI,
// each of which does what a test wants to see.
type fake struct {
	version int32
	bodies  map[string][]byte // instead of what fakeBodies does
	without string            // an export that is left out
	wrong   string            // an export with another signature
	imports [][2]string       // functions, by module and name
	private bool              // the memory is not exported
}

// Instructions of WebAssembly.
var (
	opUnreachable = []byte{0x00}
	opForever     = []byte{0x03, 0x40, 0x0c, 0x00, 0x0b, 0x00} // loop br 0 end unreachable
)

func opI32(n int32) []byte { return append([]byte{0x41}, signed(int64(n))...) }
func opI64(n int64) []byte { return append([]byte{0x42}, signed(n)...) }

// opPut stores the lowest byte of a number.
func opPut(address, value int32) []byte {
	return slices.Concat(opI32(address), opI32(value), []byte{0x3a, 0x00, 0x00})
}

const (
	fakeDescription = `{"module":"lean","limits":{"documentBytes":16777216}}`
	fakeVerdict     = `{"valid":true,"issues":[{"severity":"warning","code":"out-of-scope","type":"x","expression":["a"],"diagnostics":"d","position":{"byte":1,"line":1,"column":2,"length":3}}]}`
	fakeBuffer      = 4096 // where every buffer is
	fakeMemory      = 2    // pages
)

// place is a text in the fake's memory.
type place struct {
	at   int
	text string
}

var fakeTexts = []place{{1024, fakeDescription}, {2048, fakeVerdict}, {3000, "no JSON"}, {3100, `{"error":{"code":"internal","diagnostics":"d"}}`}}

// opAnswer is the answer that stands at an address.
func opAnswer(at int) []byte {
	for _, p := range fakeTexts {
		if p.at == at {
			return opI64(int64(at)<<32 | int64(len(p.text)))
		}
	}
	panic("no text there")
}

func (f fake) body(name string) []byte {
	if body, ok := f.bodies[name]; ok {
		return body
	}
	switch name {
	case "abi_version":
		return opI32(f.version)
	case "describe":
		return opAnswer(1024)
	case "buffer_new":
		return opI32(fakeBuffer)
	case "buffer_free":
		return opI32(1)
	case "validate_notification":
		return opAnswer(2048)
	}
	return opUnreachable
}

// module assembles the bytes.
func (f fake) module() []byte {
	if f.version == 0 {
		f.version = 1 << 16
	}
	var types, imports, functions, exported, code [][]byte
	for _, i := range f.imports {
		imports = append(imports, slices.Concat(name(i[0]), name(i[1]), []byte{0x00, byte(len(types))}))
		types = append(types, functionType(signature{}))
	}
	for _, export := range slices.Sorted(maps.Keys(exports)) {
		if export == f.without {
			continue
		}
		s := exports[export]
		if export == f.wrong {
			s = signature{slices.Concat(s.params, []api.ValueType{i64}), s.results}
		}
		exported = append(exported, append(name(export), 0x00, byte(len(types))))
		functions = append(functions, []byte{byte(len(types))})
		types = append(types, functionType(s))
		code = append(code, sized(slices.Concat([]byte{0x00}, f.body(export), []byte{0x0b})))
	}
	if !f.private {
		exported = append(exported, append(name("memory"), 0x02, 0x00))
	}
	var data [][]byte
	for _, p := range fakeTexts {
		data = append(data, slices.Concat([]byte{0x00}, opI32(int32(p.at)), []byte{0x0b}, name(p.text)))
	}
	return slices.Concat([]byte("\x00asm\x01\x00\x00\x00"),
		section(1, types), section(2, imports), section(3, functions), section(5, [][]byte{{0x00, fakeMemory}}),
		section(7, exported), section(10, code), section(11, data))
}

func functionType(s signature) []byte {
	return slices.Concat([]byte{0x60, byte(len(s.params))}, s.params, []byte{byte(len(s.results))}, s.results)
}

func section(id byte, entries [][]byte) []byte {
	content := slices.Concat(unsigned(len(entries)), slices.Concat(entries...))
	return append([]byte{id}, sized(content)...)
}

func sized(content []byte) []byte { return append(unsigned(len(content)), content...) }
func name(text string) []byte     { return sized([]byte(text)) }

func unsigned(n int) []byte { return binary.AppendUvarint(nil, uint64(n)) }

// signed writes LEB128 with a sign.
func signed(n int64) []byte {
	var out []byte
	for {
		low := byte(n & 0x7f)
		n >>= 7
		if n == 0 && low&0x40 == 0 || n == -1 && low&0x40 != 0 {
			return append(out, low)
		}
		out = append(out, low|0x80)
	}
}

// fakeEngine makes an engine of a fake, with one instance at a time.
func fakeEngine(t *testing.T, f fake) *Engine {
	t.Helper()
	e, err := New(context.Background(), f.module(), Config{NoCache: true, MaxInstances: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}
