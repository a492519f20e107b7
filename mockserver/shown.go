package mockserver

import (
	"crypto/sha256"
	"sync"

	"github.com/wsbind/wsbind/mockserver/socket"
)

// shown remembers the latest tokens that were issued, by a hash, so that the journal
// can name one that is refused: its own claims are not believed then.
type shown struct {
	mu     sync.Mutex
	places map[[sha256.Size]byte]uint64 // which token it was, counted from the first ever
	slots  []grant                      // a ring: token n is in slot n modulo their number
	oldest uint64                       // token that is remembered
	next   uint64
	weight int
}

// grant is what is remembered of a token.
type grant struct {
	hash [sha256.Size]byte
	socket.Grant
}

// maxShown bounds what is remembered: tokens, and the Subscriptions they name.
const maxShown = 100_000

// hashOf returns the hash that a token is remembered by.
func hashOf(compact string) [sha256.Size]byte {
	var short [1024]byte // nearly all tokens are
	return sha256.Sum256(append(short[:0], compact...))
}

func (s *shown) add(hash [sha256.Size]byte, g socket.Grant) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.places == nil {
		s.places = map[[sha256.Size]byte]uint64{}
	}
	if _, again := s.places[hash]; again {
		return
	}
	s.weight += weightOf(g)
	for s.weight > maxShown && s.count() > 0 {
		s.forget()
	}
	if s.count() == len(s.slots) {
		s.grow()
	}
	s.places[hash] = s.next
	*s.slot(s.next) = grant{hash, g}
	s.next++
}

// kept returns how many tokens are remembered.
func (s *shown) kept() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count()
}

// count is kept for who holds mu.
func (s *shown) count() int { return int(s.next - s.oldest) }

func (s *shown) slot(n uint64) *grant { return &s.slots[n%uint64(len(s.slots))] }

// forget drops the oldest token.
func (s *shown) forget() {
	g := s.slot(s.oldest)
	s.weight -= weightOf(g.Grant)
	delete(s.places, g.hash)
	*g = grant{}
	s.oldest++
}

// grow makes room for more tokens, each in its new slot.
func (s *shown) grow() {
	more := shown{slots: make([]grant, max(64, 2*len(s.slots)))}
	for n := s.oldest; n < s.next; n++ {
		*more.slot(n) = *s.slot(n)
	}
	s.slots = more.slots
}

func weightOf(g socket.Grant) int { return 1 + len(g.Subscriptions) }

func (s *shown) find(hash [sha256.Size]byte) socket.Grant {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n, ok := s.places[hash]; ok {
		return s.slot(n).Grant
	}
	return socket.Grant{}
}
