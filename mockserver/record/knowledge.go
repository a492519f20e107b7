package record

import (
	"crypto/sha256"
	"slices"
	"sync"

	"github.com/wsbind/wsbind/core/fhir"
)

// knowledge is what was learned beside the moments: pseudonyms, and what the
// Subscriptions ask for. The real ids are in it until the recorder is gone, and
// nowhere else.
type knowledge struct {
	mu        sync.Mutex
	ids       names // of Subscriptions
	resources resources
	learned   map[string]*subscribed // by pseudonym
	order     []string
	topics    map[string][]string // resource types, by canonical URL
	asking    map[string]bool     // what was asked for already
	tokens    map[[sha256.Size]byte][]string
	bound     map[int][]string // by socket: what its tokens are for, where that is known
	// lenientGet is set once the operation was answered where its definition has
	// no GET.
	lenientGet bool
}

func newKnowledge(release fhir.Release) *knowledge {
	return &knowledge{
		resources: resources{release: release},
		ids:       names{prefix: "s"}, learned: map[string]*subscribed{}, topics: map[string][]string{},
		asking: map[string]bool{}, tokens: map[[sha256.Size]byte][]string{}, bound: map[int][]string{},
	}
}

// subscribed is what is known of a Subscription.
type subscribed struct {
	id       string // its pseudonym
	seen     bool   // as a resource
	topic    string // its canonical, without a version
	criteria criteria
	filters  []filter
	content  string
	beat     int  // seconds between heartbeats
	bearer   bool // its caller shows a bearer token
	created  bool // by the client, before the recorder's eyes
}

// criteria is a classic search without its values.
type criteria struct {
	typ     string
	filters []filter
}

// subscription returns the pseudonym of a Subscription, which becomes known by
// that, or "" where there are too many.
func (k *knowledge) subscription(id string) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.name(id)
}

// name is subscription for who holds mu.
func (k *knowledge) name(id string) string {
	if id == "" || fhir.CheckText(0, "id", id).Code != "" {
		return ""
	}
	name := k.ids.of(id)
	if name == "" || k.learned[name] != nil {
		return name
	}
	if len(k.order) >= maxLearned {
		return ""
	}
	k.learned[name] = &subscribed{id: name}
	k.order = append(k.order, name)
	return name
}

// pseudonyms returns those of several Subscriptions.
func (k *knowledge) pseudonyms(ids []string) []string {
	var list []string
	for _, id := range ids {
		if name := k.subscription(id); name != "" && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list
}

// reference returns the pseudonym of a resource's reference.
func (k *knowledge) reference(text string) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.resources.of(text)
}

// issue remembers which Subscriptions a token is for: by its hash, which is worth
// nothing to anybody.
func (k *knowledge) issue(token string, subs []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.tokens) < maxKeys {
		k.tokens[sha256.Sum256([]byte(token))] = subs
	}
}

// show notes that a token was shown on a socket, and returns what it is for as
// far as that is known.
func (k *knowledge) show(socket int, token string) []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	subs := k.tokens[sha256.Sum256([]byte(token))]
	k.bound[socket] = append(k.bound[socket], subs...)
	return subs
}

// foreign reports whether a Subscription is none that the tokens on a socket are
// for. Where nothing is known of the tokens, none is foreign.
func (k *knowledge) foreign(socket int, id string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	name, known := k.ids.given[id]
	subs := k.bound[socket]
	return len(subs) > 0 && (!known || !slices.Contains(subs, name))
}

// forget drops what is known of a socket.
func (k *knowledge) forget(socket int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.bound, socket)
}

// once reports whether something is asked for the first time.
func (k *knowledge) once(what string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.asking[what] || len(k.asking) >= 2*maxLearned {
		return false
	}
	k.asking[what] = true
	return true
}

// update changes what is known of a Subscription.
func (k *knowledge) update(name string, change func(s *subscribed)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if s := k.learned[name]; s != nil {
		change(s)
	}
}

// snapshot returns what is known, in the order in which it became so.
func (k *knowledge) snapshot() (subs []subscribed, topics map[string][]string, lenientGet bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, name := range k.order {
		subs = append(subs, *k.learned[name])
	}
	topics = map[string][]string{}
	for url, types := range k.topics {
		topics[url] = types
	}
	return subs, topics, k.lenientGet
}
