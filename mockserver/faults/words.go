package faults

import (
	"encoding/json"
	"slices"
	"strconv"
)

// Layers lists the layers in the order of the catalogue.
func Layers() []Layer {
	return []Layer{LayerOperation, LayerSocket, LayerNotification, LayerLegal}
}

// Means says what the faults of a layer have in common.
func (l Layer) Means() string {
	switch l {
	case LayerOperation:
		return "the answer of an operation, and the token in it"
	case LayerSocket:
		return "the websocket, whatever it carries"
	case LayerNotification:
		return "the notifications, and the Subscription they are of"
	case LayerLegal:
		return "what no specification forbids, and clients get wrong all the same"
	}
	return ""
}

// Means says what an option gives.
func (o Option) Means() string {
	switch o {
	case OptionCode:
		return "the close code, or the HTTP status"
	case OptionDelay:
		return "how long it takes, or what Retry-After says"
	case OptionParameter:
		return "which parameter of the answer is broken"
	case OptionOn:
		return "which operation is struck, such as $events; * is every request to a FHIR base"
	case OptionCount:
		return "how many events, or how many bytes"
	}
	return ""
}

// Default says what stands in for an option that is not given.
func (f Fault) Default(o Option) string {
	switch o {
	case OptionCode:
		return strconv.Itoa(f.code)
	case OptionDelay:
		return strconv.Itoa(f.delay)
	case OptionParameter:
		return "drawn"
	case OptionOn:
		return tokenOperation
	case OptionCount:
		return strconv.Itoa(f.count)
	}
	return ""
}

// Parameters lists what OptionParameter may name. No fault of it would be one
// where subscription, which may be absent and may be repeated, is.
func (f Fault) Parameters() []string {
	required := []string{"token", "expiration", "websocket-url"}
	switch {
	case !slices.Contains(f.Options, OptionParameter):
		return nil
	case f.Name == WrongValueType:
		return append(required, "subscription")
	}
	return required
}

// Rate is the chance of striking at an occasion, in the profiles that have the
// fault.
func (f Fault) Rate() float64 { return f.rate }

// MarshalJSON adds the rate, and the defaults as text.
func (f Fault) MarshalJSON() ([]byte, error) {
	type plain Fault // without this method
	defaults := map[Option]string{}
	for _, o := range f.Options {
		defaults[o] = f.Default(o)
	}
	return json.Marshal(struct {
		plain
		Rate     float64           `json:"rate"`
		Defaults map[Option]string `json:"defaults,omitempty"`
	}{plain(f), f.rate, defaults})
}
