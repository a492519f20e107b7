package main

import (
	"strconv"
	"strings"
)

func lower(s string) string { return strings.ToLower(s) }

func itoa(n int) string { return strconv.Itoa(n) }

func repeat(s string, n int) string { return strings.Repeat(s, n) }
