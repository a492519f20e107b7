package host

import "errors"

// A call has to end when its context does, and compiled code cannot be stopped
// from outside. wazero can leave the compiled code at each turn of each loop and
// look whether the call is over (WithCloseOnContextDone), which makes the module
// many times as slow. So each loop is given a counter before the module is
// compiled, as if one had written
//
//	loop
//	  fuel = fuel - 1
//	  if fuel == 0 { fuel = turnsPerLook; proc_exit(look) }
//	  …
//
// and the host looks once in many turns. Every module of Go imports proc_exit, so
// that no index changes; the counter is the last global. wazero validates the
// outcome as it does any module.

const (
	// turnsPerLook is how often loops turn between two looks: some fraction of
	// a millisecond, beside which a look costs nothing.
	turnsPerLook = 1 << 14
	// look is the status that tells a look from an exit. Go's runtime exits
	// with 2, and the module itself never does.
	look = 0x6c6f6f6b
)

// errMeter is that of a module that cannot be metered: it is malformed, or has
// what no module of Go has. It can be run without.
var errMeter = errors.New("the module cannot be metered")

// The sections that matter here, and the last that is known.
const (
	typeSection   = 1
	importSection = 2
	globalSection = 6
	codeSection   = 10
	lastSection   = 12
)

// meter returns the module with its loops counted.
func meter(module []byte) (metered []byte, err error) {
	defer func() {
		if recover() != nil { // an index out of range
			metered, err = nil, errMeter
		}
	}()
	const header = 8
	m := meterer{exit: -1, counter: -1}
	metered = append(make([]byte, 0, len(module)*5/4), module[:header]...)
	for in := (reader{module[header:]}); len(in.rest) > 0; {
		id := in.byte()
		content := in.take(in.number())
		switch {
		case id == typeSection:
			m.readTypes(reader{content})
		case id == importSection:
			m.readImports(reader{content})
		case id == globalSection:
			content = m.addCounter(reader{content})
		case id == codeSection && m.exit >= 0 && m.counter >= 0:
			content = m.meterCode(reader{content})
		case id == codeSection, id > lastSection:
			return nil, errMeter
		}
		metered = appendSized(append(metered, id), content)
	}
	return metered, nil
}

// A meterer goes through the sections of a module, in their order.
type meterer struct {
	exitTypes []bool // by type, whether it is that of proc_exit, (i32) -> ()
	exit      int    // the function proc_exit, -1 if there is none
	imported  int    // globals that are imported
	counter   int    // the global that counts, -1 before it is there
}

func (m *meterer) readTypes(in reader) {
	for range in.number() {
		if in.byte() != 0x60 {
			panic(errMeter)
		}
		params, results := in.take(in.number()), in.take(in.number())
		m.exitTypes = append(m.exitTypes, string(params) == "\x7f" && len(results) == 0)
	}
}

func (m *meterer) readImports(in reader) {
	functions := 0
	for range in.number() {
		module, name := in.take(in.number()), in.take(in.number())
		switch in.byte() {
		case 0: // a function
			if typ := in.number(); string(module) == wasi && string(name) == "proc_exit" && m.exitTypes[typ] {
				m.exit = functions
			}
			functions++
		case 3: // a global, with its type and whether it changes
			in.take(2)
			m.imported++
		default:
			panic(errMeter) // tables and memories are Go's own
		}
	}
}

// addCounter appends a global of type i32 that can change.
func (m *meterer) addCounter(in reader) []byte {
	own := in.number()
	m.counter = m.imported + own
	content := append(appendNumber(nil, own+1), in.rest...)
	content = append(content, 0x7f, 0x01)
	return append(appendConst(content, turnsPerLook), end)
}

// meterCode gives the loops of each function their counter.
func (m *meterer) meterCode(in reader) []byte {
	var check []byte
	check = appendNumber(append(check, globalGet), m.counter)
	check = append(appendConst(check, 1), i32Sub)
	check = appendNumber(append(check, globalSet), m.counter)
	check = appendNumber(append(check, globalGet), m.counter)
	check = append(check, i32Eqz, ifThen, noResult)
	check = appendNumber(append(appendConst(check, turnsPerLook), globalSet), m.counter)
	check = appendNumber(append(appendConst(check, look), call), m.exit)
	check = append(check, end)

	count := in.number()
	content := appendNumber(make([]byte, 0, len(in.rest)*5/4), count)
	var body []byte
	for range count {
		body = meterBody(body[:0], reader{in.take(in.number())}, check)
		content = appendSized(content, body)
	}
	return content
}

// meterBody copies a function's body and puts check at the start of each loop.
func meterBody(dst []byte, in reader, check []byte) []byte {
	from := in.rest         // what is not copied yet
	for range in.number() { // local variables
		in.number()
		in.take(1)
	}
	for len(in.rest) > 0 {
		opcode := in.byte()
		in.immediates(opcode)
		if opcode == loop {
			done := len(from) - len(in.rest)
			dst = append(append(dst, from[:done]...), check...)
			from = in.rest
		}
	}
	return append(dst, from...)
}
