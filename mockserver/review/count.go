package review

import (
	"slices"
	"strconv"
	"strings"

	"github.com/wsbind/wsbind/mockserver/internal/alike"
)

// numerals are the numbers that are read as words, by their place.
var numerals = []string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"}

// number reads a number.
func number(word string) (int, bool) {
	switch word {
	case "once":
		return 1, true
	case "twice":
		return 2, true
	case "thrice":
		return 3, true
	}
	if n := slices.Index(numerals, word); n >= 0 {
		return n, true
	}
	n, err := strconv.Atoi(word)
	return n, err == nil && n >= 0 && n <= 1_000_000 && word[0] != '+'
}

// takeCounts takes how often something is said to have happened.
func (c *clause) takeCounts() error {
	var rest []lexeme
	for len(c.words) > 0 {
		taken, err := c.takeCount()
		if err != nil {
			return err
		}
		if taken == 0 {
			rest = append(rest, c.words[0])
			taken = 1
		}
		c.words = c.words[taken:]
	}
	c.words = rest
	return nil
}

// takeCount reads a count at the beginning of what is left and returns how many
// words it has.
func (c *clause) takeCount() (int, error) {
	word := func(i int) string {
		if i < len(c.words) && !c.words[i].quoted {
			return strings.ToLower(c.words[i].text)
		}
		return ""
	}
	switch word(0) {
	case "never", "no", "not":
		if c.count {
			return 0, c.refuse("it says twice how often")
		}
		c.count, c.a.Never = true, true
		return 1, nil
	}
	kind, at := "", 0
	switch word(0) + " " + word(1) {
	case "at least":
		kind, at = "least", 2
	case "at most":
		kind, at = "most", 2
	default:
		if word(0) == "exactly" {
			at = 1
		}
	}
	n, ok := number(word(at))
	if !ok {
		if at > 0 {
			return 0, c.refuse("a number is missing behind " + strings.Join([]string{word(0), word(1)}[:at], " "))
		}
		return 0, nil
	}
	if at++; word(at) == "times" || word(at) == "time" {
		at++
	}
	return at, c.say(kind, n)
}

// say notes how often.
func (c *clause) say(kind string, n int) error {
	if kind == "" && c.count || c.a.Never || c.a.Times != nil ||
		kind == "least" && c.a.AtLeast != nil || kind == "most" && c.a.AtMost != nil {
		return c.refuse("it says twice how often")
	}
	c.count = true
	switch kind {
	case "least":
		c.a.AtLeast = &n
	case "most":
		c.a.AtMost = &n
	default:
		c.a.Times = &n
	}
	return nil
}

// idle are words without a meaning here.
var idle = []string{"a", "an", "the", "its", "any", "it", "client", "has", "have", "had", "was", "were", "been", "then", "also", "did"}

// takePhrase understands what is left.
func (c *clause) takePhrase() error {
	var words []string
	for _, w := range c.words {
		if lower := strings.ToLower(w.text); w.quoted || !slices.Contains(idle, lower) {
			words = append(words, singular(lower))
		}
	}
	phrase := strings.Join(words, " ")
	if phrase == "got" || phrase == "drew" {
		phrase = "got finding" // "got no colon-bind"
	}
	for _, w := range vocabulary {
		if !slices.Contains(w.phrases, phrase) {
			continue
		}
		c.a.Fact = w.fact
		for name, value := range w.fixed {
			if err := c.where(name, value); err != nil {
				return err
			}
		}
		return nil
	}
	if phrase == "" {
		return c.refuse("it does not say what happened")
	}
	return c.unknown(phrase)
}

// unknown says that nothing is called so: what is most like it, or all that is.
func (c *clause) unknown(phrase string) error {
	var known []string
	for _, w := range vocabulary {
		known = append(known, w.phrases...)
	}
	why := "there is no " + strconv.Quote(phrase)
	near := alike.Nearest(phrase, known)
	if near == "" {
		return c.refuse(why)
	}
	i := slices.IndexFunc(vocabulary, func(w word) bool { return slices.Contains(w.phrases, near) })
	return c.misread(why + "; the nearest is " + near + withAttributes(vocabulary[i].attributes))
}

// singular takes the plural off the nouns of the vocabulary.
func singular(word string) string {
	if strings.HasPrefix(word, "$") || word == "status" {
		return word
	}
	return strings.TrimSuffix(word, "s")
}
