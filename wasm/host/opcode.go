package host

// The opcodes of WebAssembly that are written or looked for.
const (
	loop      = 0x03
	ifThen    = 0x04
	end       = 0x0b
	call      = 0x10
	globalGet = 0x23
	globalSet = 0x24
	i32Const  = 0x41
	i32Eqz    = 0x45
	i32Sub    = 0x6b
	prefixed  = 0xfc

	noResult = 0x40 // the type of a block
)

// A reader reads parts of a module. It panics at the end of what there is.
type reader struct{ rest []byte }

func (r *reader) byte() byte {
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

func (r *reader) take(n int) []byte {
	part := r.rest[:n]
	r.rest = r.rest[n:]
	return part
}

// number reads an unsigned LEB128 of 32 bits.
func (r *reader) number() int {
	n := 0
	for shift := 0; ; shift += 7 {
		b := r.byte()
		if n |= int(b&0x7f) << shift; b < 0x80 {
			return n
		}
		if shift == 28 {
			panic(errMeter)
		}
	}
}

// skip passes over numbers of any size, with or without a sign.
func (r *reader) skip(numbers int) {
	for range numbers {
		for r.byte() >= 0x80 {
		}
	}
}

// immediates passes over what follows an opcode.
func (r *reader) immediates(opcode byte) {
	switch {
	case opcode >= 0x45 && opcode <= 0xc4: // arithmetic
	case opcode >= 0x28 && opcode <= 0x3e: // a load or a store
		r.skip(2)
	case opcode >= 0x20 && opcode <= 0x26: // a variable or a table
		r.skip(1)
	case opcode == 0x0e: // br_table
		r.skip(r.number() + 1)
	case opcode == 0x1c: // select with a type
		r.take(r.number())
	case opcode == 0x43: // f32.const
		r.take(4)
	case opcode == 0x44: // f64.const
		r.take(8)
	case opcode == prefixed:
		r.prefixedImmediates(r.number())
	default:
		r.skip(immediates(opcode))
	}
}

// immediates returns how many numbers follow an opcode.
func immediates(opcode byte) int {
	switch opcode {
	case 0x00, 0x01, 0x05, end, 0x0f, 0x1a, 0x1b, 0xd1:
		return 0 // unreachable, nop, else, end, return, drop, select, ref.is_null
	case 0x02, loop, ifThen, 0x0c, 0x0d, call, 0x3f, 0x40, i32Const, 0x42, 0xd0, 0xd2:
		return 1 // block, loop, if, br, br_if, call, memory.size and .grow, constants, ref.null, ref.func
	case 0x11:
		return 2 // call_indirect
	}
	panic(errMeter)
}

// prefixedImmediates passes over what follows an opcode behind 0xfc.
func (r *reader) prefixedImmediates(opcode int) {
	switch {
	case opcode <= 7: // conversions that saturate
	case opcode == 9, opcode == 11, opcode == 13, opcode >= 15 && opcode <= 17:
		r.skip(1) // data.drop, memory.fill, elem.drop, table.grow, .size and .fill
	case opcode == 8, opcode == 10, opcode == 12, opcode == 14:
		r.skip(2) // memory.init and .copy, table.init and .copy
	default:
		panic(errMeter)
	}
}

// appendNumber appends an unsigned LEB128.
func appendNumber(dst []byte, n int) []byte {
	for ; n >= 0x80; n >>= 7 {
		dst = append(dst, byte(n)|0x80)
	}
	return append(dst, byte(n))
}

// appendConst appends an i32.const of a number from 0 on.
func appendConst(dst []byte, n int) []byte {
	dst = append(dst, i32Const)
	for ; n >= 0x40; n >>= 7 { // the bit 0x40 of the last byte is the sign
		dst = append(dst, byte(n)|0x80)
	}
	return append(dst, byte(n))
}

// appendSized appends content behind its length.
func appendSized(dst, content []byte) []byte {
	return append(appendNumber(dst, len(content)), content...)
}
