package fhir

// checkNumber returns the rule that the text of a JSON number breaks, or "".
// JSON itself rules out leading zeros and a plus sign.
func checkNumber(r Release, t Type, s []byte) string {
	switch t {
	case tDecimal:
		return checkDecimal(r, s)
	case tUnsignedInt:
		return checkWhole(r, s, false, "0 to 2147483647")
	case tPositiveInt:
		if string(s) == "0" {
			return "at least 1 is due"
		}
		return checkWhole(r, s, false, "1 to 2147483647")
	}
	return checkWhole(r, s, true, "-2147483648 to 2147483647")
}

// checkDecimal keeps to R5's bound, 18 digits beside the decimal point,
// and to that of the exponent in its published expression; R4 and R4B have none.
func checkDecimal(r Release, s []byte) string {
	if r != R5 {
		return ""
	}
	digits, exponent, inExponent := 0, 0, false
	for _, c := range s {
		switch {
		case c|0x20 == 'e':
			inExponent = true
		case c < '0' || c > '9':
		case inExponent:
			exponent++
		default:
			digits++
		}
	}
	switch {
	case digits > 18:
		return "R5 allows at most 18 digits"
	case exponent > 9:
		return "R5 allows at most 9 digits in the exponent"
	}
	return ""
}

// checkWhole reads a 32-bit integer. R5 refuses -0, which R4 and R4B allow.
func checkWhole(r Release, s []byte, signed bool, bounds string) string {
	negative := s[0] == '-'
	digits := s
	if negative {
		digits = s[1:]
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return "a whole number without fraction and exponent is due"
		}
	}
	limit := uint64(1<<31 - 1)
	if negative {
		limit = 1 << 31
	}
	if negative && string(digits) == "0" && (r == R5 || !signed) {
		return "zero has no sign"
	}
	if n, ok := number(digits); !ok || n > limit || negative && !signed {
		return "it must be in the range " + bounds
	}
	return ""
}

// checkInteger64 reads R5's integer64, which JSON writes as a string.
func checkInteger64(s []byte) string {
	digits := s
	negative := s[0] == '-'
	if negative || s[0] == '+' {
		digits = s[1:]
	}
	if len(digits) == 0 || digits[0] == '0' && len(s) > 1 {
		return "decimal digits are due, without leading zeros, and zero has no sign"
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return "only decimal digits with a sign before them are allowed"
		}
	}
	limit := uint64(1<<63 - 1)
	if negative {
		limit = 1 << 63
	}
	if n, ok := number(digits); !ok || n > limit {
		return "it must be in the range -9223372036854775808 to 9223372036854775807"
	}
	return ""
}

// number reads decimal digits of at most 64 bits; ok is false for more.
func number(digits []byte) (n uint64, ok bool) {
	if len(digits) > 19 { // 19 digits always fit
		return 0, false
	}
	for _, c := range digits {
		n = n*10 + uint64(c-'0')
	}
	return n, true
}
