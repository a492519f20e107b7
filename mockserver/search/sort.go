package search

import (
	"cmp"
	"math/big"
	"strings"
	"time"

	"github.com/wsbind/wsbind/core/jsonscan"
)

// sortKey is one of the parameters that _sort names.
type sortKey struct {
	param      *Parameter
	descending bool
}

func (c Compiler) sortKeys(resourceType, value string) ([]sortKey, bool) {
	var keys []sortKey
	for name := range strings.SplitSeq(value, ",") {
		name, descending := strings.CutPrefix(name, "-")
		p := Lookup(c.Release, resourceType, name)
		if p == nil {
			return nil, false
		}
		keys = append(keys, sortKey{p, descending})
	}
	return keys, true
}

// Position is where a resource stands in the order that a request asks for.
type Position []sortValue

// sortValue is what a resource is sorted by: the first element of the
// parameter. Of its members only the one of the parameter's kind counts.
type sortValue struct {
	absent bool
	date   time.Time
	number *big.Rat
	text   string
}

// Position reads from a resource what it is sorted by.
func (r *Request) Position(resource jsonscan.Value) Position {
	var position Position
	for _, key := range r.sort {
		value := sortValue{absent: true}
		key.param.elements(resource, func(_ *path, element jsonscan.Value) bool {
			value = sortValueOf(key.param.Type, element)
			return value.absent
		})
		position = append(position, value)
	}
	return position
}

// ComparePositions returns a negative number where a comes before b, and 0
// where the request does not tell. What has no value comes last, also in
// descending order.
func (r *Request) ComparePositions(a, b Position) int {
	for i, key := range r.sort {
		x, y := a[i], b[i]
		if x.absent || y.absent {
			if x.absent && !y.absent {
				return 1
			}
			if y.absent && !x.absent {
				return -1
			}
			continue
		}
		if order := x.compare(y); order != 0 {
			if key.descending {
				return -order
			}
			return order
		}
	}
	return 0
}

func (x sortValue) compare(y sortValue) int {
	if x.number != nil && y.number != nil {
		return x.number.Cmp(y.number)
	}
	return cmp.Or(x.date.Compare(y.date), strings.Compare(x.text, y.text))
}

func sortValueOf(kind Kind, element jsonscan.Value) sortValue {
	switch kind {
	case Date:
		i, ok := intervalOf(element)
		return sortValue{date: i.low, absent: !ok}
	case Number:
		n, ok := decimalOf(element)
		return sortValue{number: n, absent: !ok}
	case Quantity:
		n, ok := decimalOf(element.Get("value"))
		return sortValue{number: n, absent: !ok}
	}
	text := fold(textOf(element))
	return sortValue{text: text, absent: text == ""}
}

// textOf returns the text that an element is sorted by: itself, or of a
// datatype the first of its members that holds one.
func textOf(element jsonscan.Value) string {
	switch element.Kind() {
	case jsonscan.String:
		return element.Text()
	case jsonscan.True, jsonscan.False:
		return string(element.Raw())
	}
	for _, name := range []string{"coding", "code", "reference", "value", "family", "text", "given", "line", "city"} {
		text := ""
		walk(element, []string{name}, func(v jsonscan.Value) bool {
			text = textOf(v)
			return text == ""
		})
		if text != "" {
			return text
		}
	}
	return ""
}
