package review

import (
	"slices"
	"strconv"
	"strings"

	"github.com/wsbind/wsbind/core/fault"
)

// What a sentence may have at most: bytes, and assertions, each of which is compared
// with every fact.
const (
	maxSentence = 4 << 10
	maxClauses  = 50
)

// Parse reads a sentence such as
//
//	bound twice, renewed once before expiry, filled one gap with $events, never used a dead token
//
// Commas, semicolons and "and" separate assertions. A number, once or twice means
// exactly so often; "at least", "at most", "never" and "no" are understood, and
// nothing at all means at least once. Behind "with" stand names and values of
// attributes, in double quotes where they have spaces. An error says what is nearest,
// or lists what can be said.
func Parse(sentence string) ([]Assertion, error) {
	if len(sentence) > maxSentence {
		return nil, fault.At(fault.MalformedRequest, "assertion", "the sentence has "+strconv.Itoa(len(sentence))+
			" bytes, at most "+strconv.Itoa(maxSentence)+" are read: make several of it")
	}
	all := clauses(sentence)
	if len(all) > maxClauses {
		return nil, fault.At(fault.MalformedRequest, "assertion", "the sentence says "+strconv.Itoa(len(all))+
			" things, at most "+strconv.Itoa(maxClauses)+" are read: make several of it")
	}
	var list []Assertion
	for _, c := range all {
		a, err := c.parse()
		if err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	if len(list) == 0 {
		return nil, fault.At(fault.MalformedRequest, "assertion", "the sentence says nothing; "+whatCanBeSaid())
	}
	return list, nil
}

func whatCanBeSaid() string {
	return "what can be said: " + strings.Join(Sayable(), "; ") + "; each also with caller, subscription, fhir or socket, and with " +
		"once, twice, a number, at least, at most, never or no"
}

// lexeme is a word of a sentence; a quoted one is only ever a value.
type lexeme struct {
	text   string
	quoted bool
}

// clause is what stands between commas.
type clause struct {
	words []lexeme
	a     Assertion
	said  []string // as it was written
	count bool     // how often has been said
}

// clauses splits a sentence.
func clauses(sentence string) []*clause {
	var list []*clause
	current := new(clause)
	end := func() {
		if len(current.words) > 0 {
			list = append(list, current)
		}
		current = new(clause)
	}
	for rest := sentence; ; {
		var w lexeme
		if w, rest = nextWord(rest); w.text == "" && !w.quoted {
			break
		}
		switch w {
		case lexeme{text: ","}, lexeme{text: ";"}, lexeme{text: "and"}, lexeme{text: "And"}, lexeme{text: "but"}:
			end()
			continue
		}
		current.words = append(current.words, w)
	}
	end()
	return list
}

// nextWord takes a word, a quoted value or a separator off a sentence.
func nextWord(s string) (lexeme, string) {
	s = strings.TrimLeft(s, " \t\r\n")
	if s == "" {
		return lexeme{}, ""
	}
	if s[0] == '"' {
		if quoted, err := strconv.QuotedPrefix(s); err == nil {
			value, _ := strconv.Unquote(quoted)
			return lexeme{value, true}, s[len(quoted):]
		}
	}
	if s[0] == ',' || s[0] == ';' {
		return lexeme{text: s[:1]}, s[1:]
	}
	end := strings.IndexAny(s, " \t\r\n,;")
	if end < 0 {
		end = len(s)
	}
	text := s[:end]
	if strings.TrimSpace(s[end:]) == "" && len(text) > 1 {
		text = strings.TrimSuffix(text, ".")
	}
	return lexeme{text: text}, s[end:]
}

// parse understands a clause: first what limits it, then how often, and what is
// left must be a phrase.
func (c *clause) parse() (Assertion, error) {
	for _, w := range c.words {
		if w.quoted {
			c.said = append(c.said, strconv.Quote(w.text))
		} else {
			c.said = append(c.said, w.text)
		}
	}
	c.a.said = strings.Join(c.said, " ")
	steps := []func() error{c.takePairs, c.takeAsides, c.takeCounts, c.takePhrase}
	for _, step := range steps {
		if err := step(); err != nil {
			return Assertion{}, err
		}
	}
	return c.a, c.a.check()
}

// refuse says that a clause is not understood, and why.
func (c *clause) refuse(why string) error {
	return c.misread(why + "; " + whatCanBeSaid())
}

func (c *clause) misread(why string) error {
	return fault.At(fault.MalformedRequest, "assertion", fault.Quote(c.a.said)+" is not understood: "+why)
}

// where notes a value.
func (c *clause) where(name, value string) error {
	if old, twice := c.a.Where[name]; twice && old != value {
		return c.refuse(name + " is given twice")
	}
	if c.a.Where == nil {
		c.a.Where = map[string]string{}
	}
	c.a.Where[name] = value
	return nil
}

// pairs are the names that may stand before a value, beside prepositions.
var pairs = func() []string {
	names := slices.Clone(common)
	for _, w := range vocabulary {
		for _, name := range w.attributes {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}()

// takePairs takes "with code 1008", "on socket 2", "of subscription s1", "in R4"
// and the codes of findings.
func (c *clause) takePairs() error {
	var rest []lexeme
	for i := 0; i < len(c.words); i++ {
		w := c.words[i]
		lower := strings.ToLower(w.text)
		preposition := !w.quoted && slices.Contains([]string{"with", "on", "of", "for", "in", "by"}, lower)
		switch {
		case preposition && i+2 < len(c.words) && !c.words[i+1].quoted && names(lower, c.words[i+1].text):
			if err := c.where(c.words[i+1].text, c.words[i+2].text); err != nil {
				return err
			}
			i += 2
		case preposition && lower == "in" && i+1 < len(c.words) && slices.Contains([]string{"R4", "R4B", "R5"}, c.words[i+1].text):
			if err := c.where("fhir", c.words[i+1].text); err != nil {
				return err
			}
			i++
		case !w.quoted && isCode(lower):
			if err := c.where("code", lower); err != nil {
				return err
			}
		default:
			rest = append(rest, w)
		}
	}
	c.words = rest
	return nil
}

// names reports whether a word behind a preposition is the name of a value: "with
// status 404", but not "asked for status twice".
func names(preposition, word string) bool {
	return slices.Contains(common, word) || preposition == "with" && slices.Contains(pairs, word)
}

func isCode(word string) bool {
	_, i := lookup(word)
	return i >= 0
}

// takeAsides takes phrases such as "before expiry".
func (c *clause) takeAsides() error {
	for _, aside := range asides {
		words := strings.Fields(aside.phrase)
		for i := 0; i+len(words) <= len(c.words); i++ {
			here := c.words[i : i+len(words)]
			if !slices.EqualFunc(here, words, func(l lexeme, w string) bool { return !l.quoted && strings.EqualFold(l.text, w) }) {
				continue
			}
			if err := c.where(aside.attribute, aside.value); err != nil {
				return err
			}
			c.words = slices.Delete(c.words, i, i+len(words))
			i--
		}
	}
	return nil
}
