package main

import (
	"time"

	"github.com/wsbind/wsbind/core/jsonscan"
	"github.com/wsbind/wsbind/core/token"
)

// inspection are the options of inspect_token.
type inspection struct {
	verification
	now       time.Time
	timed     bool
	signature token.SignatureVerdict
}

func (o *inspection) set(r *optionReader, name string, v jsonscan.Value) bool {
	switch name {
	case "now":
		o.now, o.timed = r.now(v)
	case "verified":
		o.signature = token.SignatureVerdict{Asked: v.Exists(), Verified: r.boolean(v)}
	case "raw":
		return false // a JWS of another kind has no claims to be judged
	default:
		return o.verification.set(r, name, v)
	}
	return true
}

// inspectToken judges a token by every rule. What it shows is unverified.
func (m *instance) inspectToken(options, compact []byte) ([]byte, error) {
	var o inspection
	if err := m.readOptions(options, o.set); err != nil {
		return nil, err
	}
	if !o.timed {
		return nil, errNoTime
	}
	i := o.policy.Inspect(string(compact), o.now, o.signature)
	w := m.writer()
	writeOptional(&w, "header", i.HeaderText, i.HeaderText != "")
	writeOptional(&w, "claims", i.ClaimsText, i.ClaimsText != "")
	writeOptional(&w, "alg", i.Algorithm, i.HasAlgorithm)
	writeOptional(&w, "kid", i.KeyID, i.HasKeyID)
	if i.Checkable {
		w.Int("signingInputLength", int64(i.SigningInput))
	} else {
		w.Raw("signingInputLength", "null")
	}
	w.Array("rules")
	for _, r := range i.Rules {
		w.Object("")
		w.String("rule", r.Name)
		w.String("state", r.State.String())
		writeOptional(&w, "code", string(r.Code), r.Code != "")
		w.String("diagnostics", r.Detail)
		w.EndObject()
	}
	w.EndArray()
	return answered(&w), nil
}

// writeOptional writes a string, or null where there is none.
func writeOptional(w *jsonscan.Writer, name, value string, there bool) {
	if there {
		w.String(name, value)
	} else {
		w.Raw(name, "null")
	}
}
