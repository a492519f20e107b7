package mockserver

import (
	"net/http"

	"github.com/wsbind/wsbind/core/opdef"
)

// readCall reads what a call brings, by the operation's definition.
func (b *base) readCall(w http.ResponseWriter, c *call) (err error) {
	c.brought, err = c.operation.Read(w, c.Request, c.id != "", b.server.cfg.MaxBody)
	return err
}

// check holds the call to the definition. The validator then has the values.
func (c *call) check() (*opdef.Validator, error) { return c.operation.Check(c.brought) }

// first returns the value of a parameter that is there at most once, or "".
func first(v *opdef.Validator, name string) string {
	for _, value := range v.Strings(name) {
		return value
	}
	return ""
}
