package fhir

// An element is one row of the tables: an element of a datatype in some
// releases. A type with rows of one name has the row of its release.
type element struct {
	name string // without the [x] of a choice
	typ  Type   // tChoice where the words are types
	card cardinality
	in   releases
	// words holds, separated by spaces, the codes that the element is bound to
	// (as far as the list is closed and short), or the types of a choice, with a
	// capital first letter. A star is every type that a release allows in an
	// extension.
	words string
}

// cardinality is how often an element may stand; FHIR's datatypes know no
// other numbers.
type cardinality uint8

const (
	optional cardinality = iota // 0..1
	required                    // 1..1
	many                        // 0..*
	some                        // 1..*
)

func (c cardinality) repeats() bool { return c >= many }
func (c cardinality) due() bool     { return c == required || c == some }

// elements returns the rows of a type; none for those that the tables leave
// to the generic rules.
func (t Type) elements() []element {
	if t >= numTypes {
		return nil
	}
	if rows := generalTypes[t]; rows != nil {
		return rows
	}
	return metadataTypes[t]
}

// backbone reports whether a type has modifierExtension.
func (t Type) backbone() bool {
	switch t {
	case tTiming, tDosage, tOperationDefinition, tOperationDefinitionOverload, tOperationDefinitionParameter,
		tOperationDefinitionParameterBinding, tOperationDefinitionParameterReferencedFrom:
		return true
	}
	return false
}

// hasWord reports whether word is one of the words of a list.
func hasWord(words string, word []byte) bool {
	for len(words) >= len(word) {
		if words[:len(word)] == string(word) && (len(words) == len(word) || words[len(word)] == ' ') {
			return true
		}
		next := 0
		for next < len(words) && words[next] != ' ' {
			next++
		}
		if next == len(words) {
			return false
		}
		words = words[next+1:]
	}
	return false
}
