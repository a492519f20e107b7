// Package draw makes chance a parameter.
//
// A [Source] answers "the n-th id that this caller asks for", "does this fault
// strike now": whatever is left to chance in the mock server. Each answer is
// keyed by a seed, a tenant, a purpose, a subject and a count, and by nothing
// else. There is no stream that everybody draws from, so what one client does
// never changes what another one gets, and the same seed with the same actions
// gives the same answers in whatever order they come:
//
//	source := draw.New(7, "tenant")
//	id := source.ID("R4/Encounter", "anonymous") // the next one of that kind
//
// It is no source of secrets: who knows the seed knows all of it.
package draw

import (
	"crypto/sha256"
	"encoding/binary"
	"sync"
)

// MaxSeed is the largest seed: whole numbers up to it are exact in JSON and in
// JavaScript.
const MaxSeed = 1<<53 - 1

// Source draws. It may be used by several goroutines. Create one with [New].
type Source struct {
	seed   uint64
	tenant string

	mu     sync.Mutex
	counts map[key]uint64
}

// key is what a count belongs to.
type key struct{ purpose, subject string }

// New returns the source of a tenant; "" is the default tenant's name.
func New(seed uint64, tenant string) *Source {
	return &Source{seed: seed, tenant: tenant, counts: map[key]uint64{}}
}

// Seed returns the seed that New was given.
func (s *Source) Seed() uint64 { return s.seed }

// Next returns the next draw for a purpose and subject.
func (s *Source) Next(purpose, subject string) Draw {
	k := key{purpose, subject}
	s.mu.Lock()
	n := s.counts[k]
	s.counts[k] = n + 1
	s.mu.Unlock()
	return s.At(purpose, subject, n)
}

// At returns the draw with a count of its own, from 0, and counts nothing.
func (s *Source) At(purpose, subject string, count uint64) Draw {
	text := make([]byte, 0, 64+len(s.tenant)+len(purpose)+len(subject))
	text = binary.BigEndian.AppendUint64(text, s.seed)
	for _, part := range []string{s.tenant, purpose, subject} {
		text = binary.BigEndian.AppendUint32(text, uint32(len(part))) // no two keys run into each other
		text = append(text, part...)
	}
	return sha256.Sum256(binary.BigEndian.AppendUint64(text, count))
}

// ID returns the next id for a purpose and subject: a UUID, version 8.
func (s *Source) ID(purpose, subject string) string { return s.Next(purpose, subject).ID() }

// Draw is one answer of chance. Its methods read different parts of it, so that
// they do not depend on one another.
type Draw [sha256.Size]byte

const hex = "0123456789abcdef"

// ID returns the draw as a UUID of version 8, made by a rule of our own.
func (d Draw) ID() string {
	b := d[:16]
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80
	text := make([]byte, 0, 36)
	for i, c := range b {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			text = append(text, '-')
		}
		text = append(text, hex[c>>4], hex[c&15])
	}
	return string(text)
}

// Float returns a number from 0 up to 1.
func (d Draw) Float() float64 {
	return float64(binary.BigEndian.Uint64(d[16:24])>>11) / (1 << 53)
}

// Below returns a whole number from 0 up to n, which must be positive.
func (d Draw) Below(n int) int {
	return int(binary.BigEndian.Uint64(d[24:32]) % uint64(n))
}
