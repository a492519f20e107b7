package search

import (
	"math/big"
	"strconv"
	"strings"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// decimal is a number with the room that its precision leaves: 5.4 has a half
// of 0.05.
type decimal struct{ value, half *big.Rat }

// maxExponent bounds the size of numbers. FHIR's own quantities stay far below.
const maxExponent = 400

// parseDecimal reads a decimal as JSON writes it, with a sign or without.
func parseDecimal(s string) (decimal, bool) {
	mantissa, exponent := s, 0
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		e, err := strconv.Atoi(s[i+1:])
		if err != nil || e > maxExponent || e < -maxExponent {
			return decimal{}, false
		}
		mantissa, exponent = s[:i], e
	}
	digits := strings.TrimPrefix(mantissa, "-")
	whole, fraction, point := strings.Cut(digits, ".")
	if !allDigits(whole) || point && !allDigits(fraction) || len(digits) > maxExponent {
		return decimal{}, false
	}
	value, _ := new(big.Rat).SetString(mantissa + "e" + strconv.Itoa(exponent))
	half, _ := new(big.Rat).SetString("5e" + strconv.Itoa(exponent-len(fraction)-1))
	return decimal{value, half}, true
}

func allDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

func numberTest(t Term, cmp, value string) (test, error) {
	want, ok := parseDecimal(value)
	if !ok {
		return nil, refuse(t, "has the value "+fault.Quote(value)+", expected is a number such as 5.4 or -1e3")
	}
	return func(_ *path, element jsonscan.Value) bool {
		got, ok := decimalOf(element)
		return ok && want.compare(cmp, got)
	}, nil
}

// decimalOf reads a JSON number, or a string as R5 writes its integer64.
func decimalOf(element jsonscan.Value) (*big.Rat, bool) {
	text := string(element.Raw())
	switch element.Kind() {
	case jsonscan.String:
		text = element.Text()
	case jsonscan.Number:
	default:
		return nil, false
	}
	d, ok := parseDecimal(text)
	return d.value, ok
}

// compare applies a prefix: eq and ne take the number as it is rounded, ap
// allows a tenth of it, the others take it exactly.
func (want decimal) compare(cmp string, got *big.Rat) bool {
	order := got.Cmp(want.value)
	switch cmp {
	case "gt", "sa":
		return order > 0
	case "ge":
		return order >= 0
	case "lt", "eb":
		return order < 0
	case "le":
		return order <= 0
	case "ap":
		tenth := new(big.Rat).Mul(want.value, big.NewRat(1, 10))
		difference := new(big.Rat).Sub(got, want.value)
		return difference.Abs(difference).Cmp(tenth.Abs(tenth)) <= 0
	}
	low := new(big.Rat).Sub(want.value, want.half)
	high := new(big.Rat).Add(want.value, want.half)
	rounds := got.Cmp(low) >= 0 && got.Cmp(high) < 0
	return rounds == (cmp == "eq")
}

// currencies is the system of the currencies of a Money.
const currencies = "urn:iso:std:iso:4217"

func quantityTest(t Term, cmp, value string) (test, error) {
	parts := splitEscaped(value, '|')
	want, ok := parseDecimal(parts[0])
	if !ok || len(parts) != 1 && len(parts) != 3 {
		return nil, refuse(t, "has the value "+fault.Quote(value)+", expected is a number, number|system|code or number||code")
	}
	parts = append(parts, "", "")
	system, code := unescape(parts[1]), unescape(parts[2])
	return func(_ *path, element jsonscan.Value) bool {
		got, ok := decimalOf(element.Get("value"))
		return ok && hasUnit(element, system, code) && want.compare(cmp, got)
	}, nil
}

// hasUnit compares the unit of a Quantity, or the currency of a Money. Without
// a system the code may also be the unit as people write it.
func hasUnit(quantity jsonscan.Value, system, code string) bool {
	if currency := quantity.Get("currency"); currency.Exists() {
		return (system == "" || system == currencies) && (code == "" || currency.Is(code))
	}
	if system != "" && !quantity.Get("system").Is(system) {
		return false
	}
	return code == "" || quantity.Get("code").Is(code) || system == "" && quantity.Get("unit").Is(code)
}
