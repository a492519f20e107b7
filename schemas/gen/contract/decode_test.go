package contract

import (
	"encoding/json"
	"strings"
)

// decode reads JSON for jsonschema, keeping numbers as they are written.
func decode(doc string) (v any, err error) {
	d := json.NewDecoder(strings.NewReader(doc))
	d.UseNumber()
	err = d.Decode(&v)
	return v, err
}
