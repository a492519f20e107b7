package search

import (
	"strings"
	"unicode"

	"github.com/wsbind/wsbind/core/jsonscan"
)

// stringParts are the members of HumanName and Address that a string parameter
// on the whole looks at: the words of people, not use, type or period.
var stringParts = []string{
	"text", "family", "given", "prefix", "suffix",
	"line", "city", "district", "state", "postalCode", "country",
}

func stringTest(modifier, value string) test {
	compare := func(s string) bool { return s == value }
	if modifier != "exact" {
		folded := fold(value)
		within := strings.HasPrefix
		if modifier == "contains" {
			within = strings.Contains
		}
		compare = func(s string) bool { return within(fold(s), folded) }
	}
	return func(_ *path, element jsonscan.Value) bool {
		return !eachText(element, func(v jsonscan.Value) bool { return !compare(v.Text()) })
	}
}

// eachText hands the texts of an element, a string, HumanName or Address, to
// visit until it returns false, and reports false then.
func eachText(element jsonscan.Value, visit func(jsonscan.Value) bool) bool {
	if element.Kind() == jsonscan.String {
		return visit(element)
	}
	for _, part := range stringParts {
		if !walk(element, []string{part}, func(v jsonscan.Value) bool { return v.Kind() != jsonscan.String || visit(v) }) {
			return false
		}
	}
	return true
}

// accented lists letters with marks: each group begins with what its letters
// become. It covers Latin up to U+017F and the letters of Romanian and
// Vietnamese; marks that stand for themselves are dropped by their category.
const accented = "aàáâãäåāăąạảấầẩẫậắằẳẵặ cçćĉċč dďđð eèéêëēĕėęěẹẻẽếềểễệ gĝğġģ hĥħ iìíîïĩīĭįıỉị " +
	"jĵ kķ lĺļľŀł nñńņňŉ oòóôõöøōŏőọỏốồổỗộớờởỡợơ rŕŗř sśŝşšș tţťŧț uùúûüũūŭůűųụủứừửữựư wŵ yýÿŷỳỵỷỹ zźżž"

var plainLetter = func() map[rune]rune {
	m := map[rune]rune{}
	for group := range strings.FieldsSeq(accented) {
		for _, r := range group[1:] {
			m[r] = rune(group[0])
		}
	}
	return m
}()

// letterPairs are the letters that two stand for.
var letterPairs = strings.NewReplacer("ß", "ss", "æ", "ae", "œ", "oe", "þ", "th", "ĳ", "ij")

// fold makes strings that differ in case or accents equal.
func fold(s string) string {
	return letterPairs.Replace(strings.Map(func(r rune) rune {
		if r < 0x80 {
			return unicode.ToLower(r)
		}
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		r = unicode.ToLower(r)
		if plain, ok := plainLetter[r]; ok {
			return plain
		}
		return r
	}, s))
}
