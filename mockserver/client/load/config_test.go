package load_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/mockserver/client/load"
)

func TestConfigIsChecked(t *testing.T) {
	for _, test := range []struct {
		change func(*load.Config)
		code   fault.Code
		says   string
	}{
		{func(c *load.Config) {}, "", ""},
		{func(c *load.Config) { c.Base = "http://[::1]:8080/fhir/R4/" }, "", ""},
		{func(c *load.Config) { c.Base = "https://fhir.example.org/r4"; c.MayLoad = true }, "", ""},
		{func(c *load.Config) { c.Base = "https://fhir.example.org/r4" }, fault.Forbidden, "not this machine"},
		{func(c *load.Config) { c.Base = "http://127.0.0.1.example.org/r4" }, fault.Forbidden, "not this machine"},
		{func(c *load.Config) { c.Websocket = "ws://fhir.example.org/ws" }, fault.Forbidden, "not this machine"},
		{func(c *load.Config) { c.Websocket = "http://127.0.0.1/ws" }, fault.MalformedRequest, "no ws or wss URL"},
		{func(c *load.Config) { c.Base = "https://127.0.0.1/r4"; c.Websocket = "ws://127.0.0.1/ws?token=x" }, fault.MalformedRequest, `"ws://127.0.0.1/ws" is not protected`},
		{func(c *load.Config) { c.Base = "127.0.0.1:8080" }, fault.MalformedRequest, "no URL (first path segment in URL cannot contain colon): one such as http:"},
		{func(c *load.Config) { c.Base = "http://me:secret@127.0.0.1/fhir" }, fault.MalformedRequest, `"http://me:xxxxx@127.0.0.1/fhir" has a user in it`},
		{func(c *load.Config) { c.Base = "localhost:8080/fhir" }, fault.MalformedRequest, `"localhost:8080/fhir" is no http or https URL`},
		{func(c *load.Config) { c.Base = "http://127.0.0.1/fhir?x=1" }, fault.MalformedRequest, "no http or https URL"},
		{func(c *load.Config) { c.Sockets = 0 }, fault.MalformedRequest, "0 sockets"},
		{func(c *load.Config) { c.Subscriptions = -1 }, fault.MalformedRequest, "-1 Subscriptions"},
		{func(c *load.Config) { c.Groups = 11 }, fault.MalformedRequest, "11 groups are not possible: from 1 to 10 are"},
		{func(c *load.Config) { c.Events = -1 }, fault.MalformedRequest, "-1 events"},
		{func(c *load.Config) { c.Size = 2 << 20 }, fault.MalformedRequest, "bytes of a resource"},
		{func(c *load.Config) { c.Rate = math.NaN() }, fault.MalformedRequest, "a rate of NaN"},
		{func(c *load.Config) { c.Rate = -1 }, fault.MalformedRequest, "a rate of -1"},
		{func(c *load.Config) { c.Wait = -time.Second }, fault.MalformedRequest, "a wait of -1s"},
		{func(c *load.Config) { c.Seed = 1 << 60 }, fault.MalformedRequest, "the seed"},
		{func(c *load.Config) { c.Dialect = "soap" }, fault.MalformedRequest, `the dialect "soap"`},
		{func(c *load.Config) { c.Content = "all" }, fault.MalformedRequest, `the content level "all"`},
		{func(c *load.Config) { c.Dialect, c.Subscriptions = load.Legacy, 2 }, fault.MalformedRequest, "binds one Subscription"},
		{func(c *load.Config) { c.Dialect, c.Release = load.Medplum, fhir.R5 }, fault.MalformedRequest, "one of R4"},
		{func(c *load.Config) { c.Sockets, c.Events = 10_000, 1_000_000 }, fault.MalformedRequest, "1192 MiB"},
	} {
		c := load.Config{Base: "http://127.0.0.1:8080/fhir/R4", Sockets: 10}
		test.change(&c)
		err := c.Check()
		if test.code == "" && err != nil || test.code != "" && (fault.CodeOf(err) != test.code || !strings.Contains(err.Error(), test.says)) {
			t.Errorf("%+v: the error is %v, want %s … %s", c, err, test.code, test.says)
		}
	}
}
