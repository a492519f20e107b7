package main

import (
	"strconv"

	"github.com/wsbind/wsbind/core/jsonscan"
)

// number writes a whole number for a diagnostic.
func number[T int | int32 | uint32](n T) string { return strconv.FormatInt(int64(n), 10) }

// appendName appends the name of a member. It needs no escaping.
func appendName(dst []byte, name string) []byte {
	dst = append(append(dst, '"'), name...)
	return append(dst, '"', ':')
}

func appendText[T string | []byte](dst []byte, name string, value T) []byte {
	return jsonscan.AppendString(appendName(dst, name), value)
}

func appendInt(dst []byte, name string, value int64) []byte {
	return strconv.AppendInt(appendName(dst, name), value, 10)
}

func appendTexts(dst []byte, name string, values []string) []byte {
	dst = append(appendName(dst, name), '[')
	for i, value := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = jsonscan.AppendString(dst, value)
	}
	return append(dst, ']')
}
