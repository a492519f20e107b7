package vectors

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/wsbind/wsbind/schemas"
)

// The delivered document is kept byte for byte, page chrome included.
func TestDeliveredIsUntouched(t *testing.T) {
	b, err := files.ReadFile("definition/files/delivered.txt")
	if err != nil {
		t.Fatal(err)
	}
	const want = "9f66f259c190b20ac5fed00377b3a52e0a618d7cda4d1d5de7f99fb0dee2385f"
	sum := sha256.Sum256(b)
	if got := hex.EncodeToString(sum[:]); got != want {
		t.Errorf("sha256 of delivered.txt is %s, want %s", got, want)
	}
}

func TestLoadRefuses(t *testing.T) {
	const good = `{"name":"a","why":"w","document":"{}","level":"type","fhir":"R4","valid":true}`
	for name, c := range map[string]struct{ file, want string }{
		"nothing wrong":       {`{"about":"x","cases":[` + good + `]}`, ""},
		"no about":            {`{"cases":[` + good + `]}`, `"about"`},
		"no cases":            {`{"about":"x","cases":[]}`, `"cases"`},
		"unknown file member": {`{"about":"x","case":[],"cases":[` + good + `]}`, `unknown field "case"`},
		"trailing text":       {`{"about":"x","cases":[` + good + `]} x`, "follows"},
		"repeated name":       {`{"about":"x","cases":[` + good + `,` + good + `]}`, "case 1 (a): the name is taken"},
		"unknown member":      {with(good, `"valide":false`), `unknown field "valide"`},
		"no name":             {strings.Replace(with(good, ""), `"name":"a",`, "", 1), "kebab-case"},
		"bad name":            {strings.Replace(with(good, ""), `"a"`, `"A b"`, 1), "kebab-case"},
		"no why":              {strings.Replace(with(good, ""), `"why":"w",`, "", 1), `"why"`},
		"empty source":        {with(good, `"source":""`), `"source"`},
		"no verdict":          {strings.Replace(with(good, ""), `,"valid":true`, "", 1), `"valid"`},
		"no document":         {strings.Replace(with(good, ""), `"document":"{}",`, "", 1), "0 of document"},
		"two documents":       {with(good, `"documentBase64":"e30="`), "2 of document"},
		"no such file":        {strings.Replace(with(good, ""), `"document":"{}"`, `"file":"request/files/none.json"`, 1), "none.json"},
		"bad level":           {strings.Replace(with(good, ""), `"type"`, `"resource"`, 1), "level"},
		"bad release":         {strings.Replace(with(good, ""), `"R4"`, `"R3"`, 1), "fhir"},
		"two definitions":     {with(good, `"definition":"u","definitionFile":"f"`), "both definition"},
		"verdict disagrees":   {with(good, `"issues":[{"severity":"error","code":"c","expression":""}]`), "disagree"},
		"issue without code":  {with(good, `"issues":[{"severity":"warning","code":"","expression":""}]`), "no code"},
		"unknown severity":    {with(good, `"issues":[{"severity":"bad","code":"c","expression":""}]`), "severity"},
	} {
		fsys := fstest.MapFS{"request/x.json": {Data: []byte(c.file)}}
		_, err := load(fsys, "request", readValidation("in"))
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "request/x.json")):
			t.Errorf("%s: got %v, want an error with %q and the file", name, err, c.want)
		}
	}
	if _, err := load(fstest.MapFS{}, "request", readValidation("in")); err == nil {
		t.Error("a kind without files was loaded")
	}
}

// with is a file with one case, to which members are added.
func with(good, members string) string {
	if members != "" {
		members = "," + members
	}
	return `{"about":"x","cases":[` + strings.TrimSuffix(good, "}") + members + `}]}`
}

func TestLoadFillsDefaultsAndFiles(t *testing.T) {
	fsys := fstest.MapFS{
		"response/x.json": {Data: []byte(`{"about":"x","cases":[
			{"name":"a","why":"w","documentBase64":"/w==","level":"type","fhir":"R4","valid":false,"issues":[{"severity":"fatal","code":"c","expression":""}]},
			{"name":"b","why":"w","file":"response/files/b.json","definitionFile":"response/files/d.json","level":"system","fhir":"R5","valid":true}]}`)},
		"response/files/b.json": {Data: []byte("{}")},
		"response/files/d.json": {Data: []byte("[]")},
	}
	got, err := load(fsys, "response", readValidation("out"))
	if err != nil {
		t.Fatal(err)
	}
	a, b := got[0], got[1]
	if a.Definition != schemas.GetWSBindingToken || a.Use != "out" || string(a.Document) != "\xff" || a.File != "response/x.json" || !a.Negative() {
		t.Errorf("first case: %+v", a)
	}
	if b.Definition != "" || string(b.DefinitionDocument) != "[]" || string(b.Document) != "{}" || b.Negative() {
		t.Errorf("second case: %+v", b)
	}
}

func TestTokensAndBindsRefuse(t *testing.T) {
	for in, want := range map[string]string{
		`{"name":"a","why":"w","token":"t","keys":{},"now":1,"ok":false,"code":"x"}`:            "",
		`{"name":"a","why":"w","token":"t","keys":{},"now":1,"ok":false}`:                       "has a code",
		`{"name":"a","why":"w","token":"t","keys":{},"now":1,"ok":true,"code":"x","claims":{}}`: "has a code",
		`{"name":"a","why":"w","token":"t","keys":{},"now":1,"ok":true,"payload":"p"}`:          "its payload if raw",
		`{"name":"a","why":"w","token":"t","keys":{},"now":1,"ok":true}`:                        `"claims"`,
		`{"name":"a","why":"w","token":"t","keys":{},"ok":true,"claims":{}}`:                    `"now"`,
	} {
		_, _, err := readToken(nil, []byte(in))
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", in, err, want)
		}
	}
	for in, want := range map[string]string{
		`{"name":"a","why":"w","frame":"x","ok":false,"code":"c"}`:                         "",
		`{"name":"a","why":"w","frameBase64":"/w==","ok":true,"token":"t"}`:                "",
		`{"name":"a","why":"w","frame":"x","frameBase64":"/w==","ok":false,"code":"c"}`:    "exactly one",
		`{"name":"a","why":"w","ok":false,"code":"c"}`:                                     "exactly one",
		`{"name":"a","why":"w","frame":"x","ok":true,"code":"c"}`:                          `"ok"`,
		`{"name":"a","why":"w","frame":"x","ok":false}`:                                    `"ok"`,
		`{"name":"a","why":"w","frame":"x","ok":false,"code":"c","document":"unexpected"}`: "unknown field",
	} {
		_, _, err := readBind(nil, []byte(in))
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", in, err, want)
		}
	}
}

func TestSubscriptionsAndBridgesRefuse(t *testing.T) {
	for in, want := range map[string]string{
		`{"name":"a","why":"w","document":"{}","fhir":"R4","subscription":{"id":"s"}}`:            "",
		`{"name":"a","why":"w","document":"{}","fhir":"R4","code":"c"}`:                           "",
		`{"name":"a","why":"w","document":"{}","fhir":"R4"}`:                                      "a subscription, or a code",
		`{"name":"a","why":"w","document":"{}","fhir":"R4","code":"c","subscription":{"id":"s"}}`: "a subscription, or a code",
		`{"name":"a","why":"w","document":"{}","fhir":"R3","code":"c"}`:                           "fhir",
	} {
		_, _, err := readSubscription(nil, []byte(in))
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", in, err, want)
		}
	}
	const good = `{"name":"a","why":"w","dialect":"legacy","fhir":"R4","frame":"x","kind":"ping","subscriptions":["s"]}`
	const all = `"written":{"empty":"e"},"refused":{"id-only":"c","full-resource":"c"}`
	for in, want := range map[string]string{
		good:                                "",
		added(good, `"draft":{},`+all):      "",
		added(good, all):                    "a draft",
		added(good, `"draft":{}`):           "a draft",
		added(good, `"draft":{"x":1},`+all): `unknown field "x"`,
		added(good, `"draft":{},"written":{"empty":"e","other":"e"},"refused":{"id-only":"c","full-resource":"c"}`): "a draft",
		strings.Replace(good, "legacy", "other", 1):                                                                 "dialect",
		strings.Replace(good, "R4", "R3", 1):                                                                        "fhir",
		strings.Replace(good, `"kind":"ping",`, ``, 1):                                                              `"kind"`,
		strings.Replace(good, `"frame":"x",`, ``, 1):                                                                "exactly one",
		strings.Replace(good, `"frame":"x"`, `"frme":"x"`, 1):                                                       "unknown field",
	} {
		_, _, err := readBridge(nil, []byte(in))
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", in, err, want)
		}
	}
}

// added adds members to a case.
func added(c, members string) string { return strings.TrimSuffix(c, "}") + "," + members + "}" }
