package binding

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/opdef"
	"github.com/wsbind/wsbind/core/token"
)

// Response is what an answer says to a client.
type Response struct {
	Token         string
	Expiration    time.Time // a date without time is its first instant, in UTC unless it has an offset
	Subscriptions []string  // ids, none twice; none at all if the server names none
	WebsocketURL  string
}

// Reader reads what servers answer, by a definition. It is not for several
// goroutines at once.
type Reader struct{ validator *opdef.Validator }

// NewReader returns a reader for a release. definition is an
// OperationDefinition, or nil for the built-in one of the release. The error is
// a *[fault.Error] that says why the definition does not load.
func NewReader(release fhir.Release, definition []byte) (*Reader, error) {
	c, err := newContract(release, definition)
	if err != nil {
		return nil, err
	}
	return &Reader{opdef.NewValidator(c.definition, release)}, nil
}

// ReaderOf returns a reader that judges with a validator and its bounds, which
// must not be used elsewhere while the reader reads. The error is a
// *[fault.Error] if the definition is not that of $get-ws-binding-token.
func ReaderOf(v *opdef.Validator) (*Reader, error) {
	if err := checkOutputs(v.Definition()); err != nil {
		return nil, err
	}
	return &Reader{v}, nil
}

// IsOperation reports whether a validator's definition is that of
// $get-ws-binding-token, as far as its answers go.
func IsOperation(v *opdef.Validator) bool { return checkOutputs(v.Definition()) == nil }

// Response reads the body of a response at the type level. What it returns is
// complete if [fault.Valid](issues), and zero otherwise. Subscriptions are bare
// ids in the guide's example; Subscription/ID and absolute URLs are read as well
// (P§10).
func (r *Reader) Response(body []byte) (Response, []fault.Issue) {
	return r.ResponseAt(body, opdef.TypeLevel)
}

// ResponseAt is Response for an operation that was invoked at a level.
func (r *Reader) ResponseAt(body []byte, level opdef.Level) (Response, []fault.Issue) {
	list := fault.List{Max: r.validator.MaxIssues}
	list.Issues = slices.Clone(r.validator.Validate(body, opdef.Out, level))
	if !fault.Valid(list.Issues) {
		return Response{}, list.Issues
	}
	var out Response
	read := func(name string, read func(text string) (wrong string)) { r.read(&list, name, read) }
	read(outToken, func(text string) string { out.Token = text; return "" })
	read(outURL, func(text string) string { out.WebsocketURL = text; return "" })
	read(outExpiration, func(text string) (wrong string) {
		var ok bool
		if out.Expiration, ok = parseDateTime(text); !ok {
			return "the expiration cannot be read as a point in time"
		}
		return ""
	})
	read(outSubscription, func(text string) (wrong string) {
		id, ok := subscriptionID(text)
		if !ok {
			return "the value names no Subscription: an id, Subscription/ID or an absolute URL that ends so is due"
		}
		out.Subscriptions = append(out.Subscriptions, id)
		return ""
	})
	if !fault.Valid(list.Issues) {
		return Response{}, list.Issues
	}
	out.Subscriptions = token.Distinct(out.Subscriptions)
	return out, list.Issues
}

// read hands the text of each parameter of a name to a function that says what
// is wrong with it, and refuses those that have none.
func (r *Reader) read(issues *fault.List, name string, read func(text string) (wrong string)) {
	values(r.validator.Document(), name, func(i int, parameter, value jsonscan.Value) {
		at := "Parameters.parameter[" + strconv.Itoa(i) + "]"
		if !value.Exists() {
			issues.Add(fault.Issue{
				Severity: fault.Err, Code: fault.MissingValue, Expression: at,
				Diagnostics: `parameter "` + name + `" has extensions in place of a value`,
				Offset:      parameter.Offset(), Length: parameter.Length(),
			})
		} else if wrong := read(value.Text()); wrong != "" {
			issues.Add(fault.Issue{
				Severity: fault.Err, Code: fault.InvalidPrimitive, Expression: at + ".value",
				Diagnostics: wrong, Offset: value.Offset(), Length: value.Length(),
			})
		}
	})
}

// subscriptionID returns the id in a value of the parameter subscription.
func subscriptionID(value string) (string, bool) {
	base, id := "", value
	if i := strings.LastIndexByte(value, '/'); i >= 0 {
		base, id = value[:i], value[i+1:]
		absolute := strings.HasSuffix(base, "/Subscription") && strings.Contains(base, "://")
		if base != "Subscription" && !absolute {
			return "", false
		}
	}
	return id, token.IsID(id)
}

// WriteResponse writes what a server answers by the definition of a validator, and
// refuses what breaks that. The expiration is written to the second, in UTC; it is
// between 1970 and 9999. The error is a *[fault.Error].
func WriteResponse(v *opdef.Validator, level opdef.Level, r Response) ([]byte, error) {
	d := v.Definition()
	if err := checkOutputs(d); err != nil {
		return nil, err
	}
	room := 224 + len(r.Token) + len(r.WebsocketURL)
	for _, id := range r.Subscriptions {
		room += 48 + len(id)
	}
	text := append(make([]byte, 0, room), `{"resourceType":"Parameters","parameter":[`...)
	text = appendOutput(text, d, outToken, r.Token)
	text = appendOutput(text, d, outExpiration, formatDateTime(r.Expiration))
	for _, id := range r.Subscriptions {
		text = appendOutput(text, d, outSubscription, id)
	}
	text = append(appendOutput(text, d, outURL, r.WebsocketURL), "]}"...)
	for _, i := range v.Validate(text, opdef.Out, level) {
		if i.Severity.Invalidates() {
			return nil, fault.New(fault.Internal, "the answer breaks the definition at "+i.Expression+": "+string(i.Code))
		}
	}
	return text, nil
}

// appendOutput appends one parameter, if the definition has it. Its value[x] is
// what the definition says.
func appendOutput(dst []byte, d *opdef.Definition, name, value string) []byte {
	p := output(d, name)
	if p == nil || p.Type == "" {
		return dst
	}
	if dst[len(dst)-1] == '}' {
		dst = append(dst, ',')
	}
	dst = append(append(dst, `{"name":"`...), name...)
	dst = append(append(dst, `","value`...), p.Type[0]&^0x20)
	dst = append(append(dst, p.Type[1:]...), `":`...)
	return append(jsonscan.AppendString(dst, value), '}')
}
