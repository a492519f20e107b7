package notification

// An element is one row of the tables below: what a Bundle or a status may
// hold. Elements with an empty typ are for the function that walks the object.
type element struct {
	name     string
	typ      string // datatype, or "resource" for any resource
	required bool
	repeats  bool
	r5       bool // R5 only
}

// primitive reports whether the element may have a _name sibling, which the
// ids of elements, unlike those of resources, have not. Types of the tables
// have a capital first letter unless they are primitive.
func (e *element) primitive() bool {
	if e.typ == "" {
		return counted(e.name)
	}
	return (e.name != "id" || e.typ == "id") && e.typ != "resource" && e.typ[0] >= 'a'
}

// counted names the primitives that the status walker reads itself.
func counted(name string) bool {
	return name == "eventNumber" || name == "eventsSinceSubscriptionStart"
}

var bundleElements = []element{
	{name: "resourceType"},
	{name: "id", typ: "id"},
	{name: "meta", typ: "Meta"},
	{name: "implicitRules", typ: "uri"},
	{name: "language", typ: "code"},
	{name: "identifier", typ: "Identifier"},
	{name: "type", typ: "code", required: true},
	{name: "timestamp", typ: "instant"},
	{name: "total", typ: "unsignedInt"},
	{name: "link", repeats: true},
	{name: "entry", repeats: true},
	{name: "signature", typ: "Signature"},
	{name: "issues", typ: "resource", r5: true},
}

var linkElements = []element{
	{name: "id", typ: "string"},
	{name: "extension", typ: "Extension", repeats: true},
	{name: "modifierExtension", typ: "Extension", repeats: true},
	{name: "relation", typ: "string", required: true},
	{name: "url", typ: "uri", required: true},
}

var entryElements = []element{
	{name: "id", typ: "string"},
	{name: "extension", typ: "Extension", repeats: true},
	{name: "modifierExtension", typ: "Extension", repeats: true},
	{name: "link", repeats: true},
	{name: "fullUrl", typ: "uri"},
	{name: "resource"},
	{name: "search"},
	{name: "request"},
	{name: "response"},
}

var searchElements = []element{
	{name: "id", typ: "string"},
	{name: "extension", typ: "Extension", repeats: true},
	{name: "modifierExtension", typ: "Extension", repeats: true},
	{name: "mode", typ: "code"},
	{name: "score", typ: "decimal"},
}

var requestElements = []element{
	{name: "id", typ: "string"},
	{name: "extension", typ: "Extension", repeats: true},
	{name: "modifierExtension", typ: "Extension", repeats: true},
	{name: "method", typ: "code", required: true},
	{name: "url", typ: "uri", required: true},
	{name: "ifNoneMatch", typ: "string"},
	{name: "ifModifiedSince", typ: "instant"},
	{name: "ifMatch", typ: "string"},
	{name: "ifNoneExist", typ: "string"},
}

var responseElements = []element{
	{name: "id", typ: "string"},
	{name: "extension", typ: "Extension", repeats: true},
	{name: "modifierExtension", typ: "Extension", repeats: true},
	{name: "status", typ: "string", required: true},
	{name: "location", typ: "uri"},
	{name: "etag", typ: "string"},
	{name: "lastModified", typ: "instant"},
	{name: "outcome", typ: "resource"},
}

var statusElements = []element{
	{name: "resourceType"},
	{name: "id", typ: "id"},
	{name: "meta", typ: "Meta"},
	{name: "implicitRules", typ: "uri"},
	{name: "language", typ: "code"},
	{name: "text", typ: "Narrative"},
	{name: "contained", typ: "resource", repeats: true},
	{name: "extension", typ: "Extension", repeats: true},
	{name: "modifierExtension", typ: "Extension", repeats: true},
	{name: "status", typ: "code"},
	{name: "type", typ: "code", required: true},
	{name: "eventsSinceSubscriptionStart"},
	{name: "notificationEvent", repeats: true},
	{name: "subscription", typ: "Reference", required: true},
	{name: "topic", typ: "canonical"},
	{name: "error", typ: "CodeableConcept", repeats: true},
}

var eventElements = []element{
	{name: "id", typ: "string"},
	{name: "extension", typ: "Extension", repeats: true},
	{name: "modifierExtension", typ: "Extension", repeats: true},
	{name: "eventNumber", required: true},
	{name: "timestamp", typ: "instant"},
	{name: "focus", typ: "Reference"},
	{name: "additionalContext", typ: "Reference", repeats: true},
}

var parametersElements = []element{
	{name: "resourceType"},
	{name: "id", typ: "id"},
	{name: "meta", typ: "Meta"},
	{name: "implicitRules", typ: "uri"},
	{name: "language", typ: "code"},
	{name: "parameter", repeats: true},
}
