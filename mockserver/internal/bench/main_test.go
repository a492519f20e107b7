//go:build linux

package main

import (
	"strings"
	"testing"
)

func TestDescriptors(t *testing.T) {
	for _, test := range []struct {
		allowed, many, few int
		limited, fails     string
	}{
		{20_000, 10_000, 2_000, "", ""},
		{10_500, 10_000, 2_000, "", ""},
		{5_000, 4_500, 2_000, "**4500 sockets stand for 10000**: a process may have 5000 descriptors", ""},
		{1_600, 1_100, 1_100, "**1100 sockets stand for 10000, and for 2000**", ""},
		{1_024, 0, 0, "", "1024 descriptors per process are too few to measure with, at least 1500 are due"},
		{400, 0, 0, "", "400 descriptors"},
	} {
		b := &bench{many: 10_000, few: 2_000}
		err := b.fit(test.allowed)
		if test.fails != "" {
			if err == nil || !strings.Contains(err.Error(), test.fails) {
				t.Errorf("%d descriptors: the error is %v, want %s", test.allowed, err, test.fails)
			}
			continue
		}
		if err != nil || b.many != test.many || b.few != test.few || !strings.Contains(b.limited, test.limited) || test.limited == "" && b.limited != "" {
			t.Errorf("%d descriptors: %d and %d sockets, %q, %v", test.allowed, b.many, b.few, b.limited, err)
		}
	}
}
