package vectors

import (
	"encoding/json"
	"errors"
	"io/fs"

	"github.com/wsbind/wsbind/schemas"
)

func readDefinition(fsys fs.FS, raw []byte) (d Definition, _ *Case, err error) {
	var in struct {
		Case
		document
		Strict  bool     `json:"strict"`
		FHIR    string   `json:"fhir"`
		Loaded  *bool    `json:"loaded"`
		Repairs []Repair `json:"repairs"`
		Issues  []Issue  `json:"issues"`
	}
	if err := strict(raw, &in); err != nil {
		return d, nil, err
	}
	doc, err := in.bytes(fsys)
	if err != nil {
		return d, nil, err
	}
	if in.Loaded == nil {
		return d, nil, errors.New(`"loaded" is missing`)
	}
	if err := oneOf("fhir", in.FHIR, "", "R4", "R4B", "R5"); err != nil {
		return d, nil, err
	}
	if err := verdict(*in.Loaded, in.Issues); err != nil {
		return d, nil, err
	}
	d = Definition{in.Case, doc, in.Strict, in.FHIR, *in.Loaded, in.Repairs, in.Issues}
	return d, &in.Case, nil
}

func readValidation(use string) reader[Validation] {
	return func(fsys fs.FS, raw []byte) (v Validation, _ *Case, err error) {
		var in struct {
			Case
			document
			Definition     string  `json:"definition"`
			DefinitionFile string  `json:"definitionFile"`
			Level          string  `json:"level"`
			FHIR           string  `json:"fhir"`
			Valid          *bool   `json:"valid"`
			Issues         []Issue `json:"issues"`
		}
		if err := strict(raw, &in); err != nil {
			return v, nil, err
		}
		doc, err := in.bytes(fsys)
		if err != nil {
			return v, nil, err
		}
		if in.Valid == nil {
			return v, nil, errors.New(`"valid" is missing`)
		}
		v = Validation{Case: in.Case, Definition: in.Definition, DefinitionFile: in.DefinitionFile, Use: use,
			Level: in.Level, FHIR: in.FHIR, Document: doc, Valid: *in.Valid, Issues: in.Issues}
		return v, &in.Case, v.complete(fsys)
	}
}

// complete reads the definition of a validation and checks its words.
func (v *Validation) complete(fsys fs.FS) (err error) {
	switch {
	case v.Definition != "" && v.DefinitionFile != "":
		return errors.New("both definition and definitionFile, one is due")
	case v.DefinitionFile != "":
		if v.DefinitionDocument, err = fs.ReadFile(fsys, v.DefinitionFile); err != nil {
			return err
		}
	case v.Definition == "":
		v.Definition = schemas.GetWSBindingToken
	}
	if err := oneOf("level", v.Level, "type", "instance", "system"); err != nil {
		return err
	}
	if err := oneOf("fhir", v.FHIR, "R4", "R4B", "R5"); err != nil {
		return err
	}
	return verdict(v.Valid, v.Issues)
}

func readNotification(fsys fs.FS, raw []byte) (n Notification, _ *Case, err error) {
	var in struct {
		Case
		document
		FHIR   string  `json:"fhir"`
		Valid  *bool   `json:"valid"`
		Issues []Issue `json:"issues"`
	}
	if err := strict(raw, &in); err != nil {
		return n, nil, err
	}
	doc, err := in.bytes(fsys)
	if err != nil {
		return n, nil, err
	}
	if in.Valid == nil {
		return n, nil, errors.New(`"valid" is missing`)
	}
	if err := oneOf("fhir", in.FHIR, "R4", "R4B", "R5"); err != nil {
		return n, nil, err
	}
	n = Notification{in.Case, in.FHIR, doc, *in.Valid, in.Issues}
	return n, &in.Case, verdict(n.Valid, n.Issues)
}

func readToken(_ fs.FS, raw []byte) (t Token, _ *Case, err error) {
	if err := strict(raw, &t); err != nil {
		return t, nil, err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return t, nil, err
	}
	for _, due := range []string{"token", "keys", "now", "ok"} {
		if members[due] == nil {
			return t, nil, errors.New(`"` + due + `" is missing`)
		}
	}
	switch {
	case t.OK == (t.Code != ""):
		return t, nil, errors.New("a refused token has a code, an accepted one has none")
	case t.OK && t.Raw != (members["payload"] != nil):
		return t, nil, errors.New("an accepted token has its payload if raw, its claims if not")
	case t.OK && !t.Raw && t.Claims == nil:
		return t, nil, errors.New(`"claims" is missing`)
	}
	return t, &t.Case, nil
}

func readBind(_ fs.FS, raw []byte) (b Bind, _ *Case, err error) {
	var in struct {
		Case
		Frame       *string `json:"frame"`
		FrameBase64 *string `json:"frameBase64"`
		OK          *bool   `json:"ok"`
		Token       string  `json:"token"`
		Code        string  `json:"code"`
	}
	if err := strict(raw, &in); err != nil {
		return b, nil, err
	}
	text, err := frame(in.Frame, in.FrameBase64)
	if err != nil {
		return b, nil, err
	}
	if in.OK == nil || *in.OK != (in.Token != "") || *in.OK == (in.Code != "") {
		return b, nil, errors.New(`"ok" with a token, or not with a code, is due`)
	}
	b = Bind{in.Case, text, *in.OK, in.Token, in.Code}
	return b, &in.Case, nil
}

func readSubscription(fsys fs.FS, raw []byte) (s Subscription, _ *Case, err error) {
	var in struct {
		Case
		document
		FHIR         string             `json:"fhir"`
		Subscription *SubscriptionFacts `json:"subscription"`
		Code         string             `json:"code"`
	}
	if err := strict(raw, &in); err != nil {
		return s, nil, err
	}
	doc, err := in.bytes(fsys)
	if err != nil {
		return s, nil, err
	}
	if err := oneOf("fhir", in.FHIR, "R4", "R4B", "R5"); err != nil {
		return s, nil, err
	}
	if (in.Subscription == nil) != (in.Code != "") {
		return s, nil, errors.New("a subscription, or a code, is due")
	}
	return Subscription{in.Case, in.FHIR, doc, in.Subscription, in.Code}, &in.Case, nil
}

func readBridge(_ fs.FS, raw []byte) (b Bridge, _ *Case, err error) {
	var in struct {
		Case
		Dialect       string            `json:"dialect"`
		FHIR          string            `json:"fhir"`
		Frame         *string           `json:"frame"`
		FrameBase64   *string           `json:"frameBase64"`
		Kind          string            `json:"kind"`
		Subscriptions []string          `json:"subscriptions"`
		Code          string            `json:"code"`
		Text          string            `json:"text"`
		Draft         *BridgeDraft      `json:"draft"`
		Written       map[string]string `json:"written"`
		Refused       map[string]string `json:"refused"`
	}
	if err := strict(raw, &in); err != nil {
		return b, nil, err
	}
	text, err := frame(in.Frame, in.FrameBase64)
	if err != nil {
		return b, nil, err
	}
	b = Bridge{in.Case, in.Dialect, in.FHIR, text, in.Kind, in.Subscriptions, in.Code, in.Text, in.Draft, in.Written, in.Refused}
	return b, &in.Case, b.complete()
}

// complete checks the words of a bridge, and that every content level has a verdict
// if anything is written.
func (b *Bridge) complete() error {
	if err := oneOf("dialect", b.Dialect, "spec", "medplum", "legacy"); err != nil {
		return err
	}
	if err := oneOf("fhir", b.FHIR, "R4", "R4B", "R5"); err != nil {
		return err
	}
	if b.Kind == "" || b.Subscriptions == nil {
		return errors.New(`"kind" and "subscriptions" are due`)
	}
	due := 0
	for _, level := range []string{"empty", "id-only", "full-resource"} {
		_, written := b.Written[level]
		if _, refused := b.Refused[level]; written != refused {
			due++
		}
	}
	if (b.Draft != nil) != (due == 3) || len(b.Written)+len(b.Refused) != due {
		return errors.New("a draft, and for each content level a Bundle or a code, are due, or none of them")
	}
	return nil
}

// verdict refuses a verdict that its own issues contradict: an error makes a
// document bad, and nothing else does.
func verdict(good bool, issues []Issue) error {
	bad := false
	for _, i := range issues {
		if err := oneOf("severity", i.Severity, "fatal", "error", "warning", "information"); err != nil {
			return err
		}
		if i.Code == "" {
			return errors.New("an issue has no code")
		}
		bad = bad || i.Severity == "fatal" || i.Severity == "error"
	}
	if good == bad {
		return errors.New("the verdict and the severities of its issues disagree")
	}
	return nil
}
