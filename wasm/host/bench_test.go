package host_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jose"
	"github.com/wsbind/wsbind/core/notification"
	"github.com/wsbind/wsbind/core/opdef"
	"github.com/wsbind/wsbind/core/token"
	"github.com/wsbind/wsbind/schemas"
	"github.com/wsbind/wsbind/wasm/host"
)

// BenchmarkWazero measures the module on wazero's compiler (ours), there
// unbounded, on wazero's interpreter, and core without a module (native), side
// by side. make bench prints the ratios.
func BenchmarkWazero(b *testing.B) {
	compiler, interpreter := kinds[0].shared(b), kinds[1].shared(b)
	unbounded := lean(b, host.Config{Unbounded: true})
	bundle := events(b, 500)
	for _, c := range []struct {
		name   string
		ours   func(e *host.Engine) func() error
		native func() error
	}{
		{"response", validateWith([]byte(response)), validateNatively([]byte(response))},
		{"invalid-response", validateWith([]byte(invalid)), validateNatively([]byte(invalid))},
		{"large-notification", checkNotificationWith(bundle), func() error {
			var c notification.Checker
			c.Check(bundle, fhir.R4)
			return nil
		}},
		{"verify", verifyWith(b), verifyNatively(b)},
	} {
		run(b, c.name+"/ours", c.ours(compiler))
		run(b, c.name+"/unbounded", c.ours(unbounded))
		run(b, c.name+"/interpreter", c.ours(interpreter))
		run(b, c.name+"/native", c.native)
	}
}

func run(b *testing.B, name string, do func() error) {
	b.Run(name, func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := do(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func validateWith(text []byte) func(*host.Engine) func() error {
	return func(e *host.Engine) func() error {
		d, err := e.BuiltIn(context.Background(), schemas.GetWSBindingToken)
		if err != nil {
			return func() error { return err }
		}
		v := e.NewValidator(d, fhir.R4)
		return func() error {
			_, err := v.Validate(context.Background(), text, opdef.Out, opdef.TypeLevel)
			return err
		}
	}
}

func validateNatively(text []byte) func() error {
	built, _ := schemas.Lookup(schemas.GetWSBindingToken)
	v := opdef.NewValidator(opdef.Load(built.Bytes(), opdef.Options{}).Definition, fhir.R4)
	return func() error { v.Validate(text, opdef.Out, opdef.TypeLevel); return nil }
}

func checkNotificationWith(text []byte) func(*host.Engine) func() error {
	return func(e *host.Engine) func() error {
		c := e.NewChecker()
		return func() error {
			_, err := c.Check(context.Background(), text, fhir.R4)
			return err
		}
	}
}

func verifyWith(b *testing.B) func(*host.Engine) func() error {
	_, set := newKey(b, token.HS256)
	compact := issued(b, set)
	return func(e *host.Engine) func() error {
		v := e.NewVerifier(policy(), checkWith(set, noon))
		return func() error {
			_, err := v.Verify(context.Background(), compact, noon)
			return err
		}
	}
}

func verifyNatively(b *testing.B) func() error {
	_, set := newKey(b, token.HS256)
	compact := issued(b, set)
	v := jose.Verifier{Keys: set, Policy: policy()}
	return func() error {
		_, err := v.Verify(compact, noon)
		return err
	}
}

// events is a notification of that many events, with their resources.
func events(b *testing.B, entries int) []byte {
	n := notification.Notification{
		Release: fhir.R4, ID: "b", Timestamp: "2026-03-01T12:00:00Z", Content: notification.FullResource,
		Status: notification.Status{
			ID: "01234567-89ab-4cde-8f01-23456789abcd", Type: notification.EventNotification,
			Subscription: "https://fhir.example/R4/Subscription/1", State: "active", EventsSinceStart: int64(entries),
		},
	}
	for i := range entries {
		id := fmt.Sprintf("e%d", i)
		n.Status.Events = append(n.Status.Events, notification.Event{
			Number: int64(i + 1), Timestamp: "2026-03-01T12:00:00Z", Interaction: notification.Create,
			Focus: notification.Resource{URL: "https://fhir.example/R4/Encounter/" + id, Body: []byte(`{"resourceType":"Encounter","id":"` + id + `","status":"planned"}`)},
		})
	}
	text, err := notification.Append(nil, n)
	if err != nil {
		b.Fatal(err)
	}
	return text
}
