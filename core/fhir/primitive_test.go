package fhir

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/wsbind/wsbind/core/jsonscan"
)

// good and bad list JSON values of primitives, in the releases named, or in all.
var goodPrimitives = map[string][]string{
	"id":                  {`"a"`, `"A-z.0"`, `"-"`, `"` + strings.Repeat("a", 64) + `"`},
	"string":              {`"a"`, `" a "`, `" "`, `"\t\r\n"`, `"\u007f"`, `"é😀"`, `"` + strings.Repeat("a", 1<<20) + `"`},
	"string R5":           {`"` + strings.Repeat("é", 1<<20) + `"`},
	"markdown":            {`"# a\n\n* b"`, `" "`, `"<b>"`},
	"code":                {`"a"`, `"a b"`, `"é"`, `"<="`},
	"uri":                 {`"a"`, `"#a"`, `"urn:uuid:x"`, `"http://example.org/ä?x=%20#y"`, `"http://a|1"`},
	"url":                 {`"wss://example.org/ws"`, `"mailto:a@b"`, `"http://[::1]:8080/"`},
	"canonical":           {`"http://example.org/a|1.0#x"`, `"#x"`, `"urn:oid:1.2.3|2"`},
	"oid":                 {`"urn:oid:0.0"`, `"urn:oid:2.16.840.1.113883"`, `"urn:oid:1.10"`},
	"uuid":                {`"urn:uuid:c757873d-ec9a-4326-a141-556f43239520"`},
	"base64Binary":        {`"AAEC"`, `"AAE="`, `"AA=="`, `"AAECAAEC"`, `"+/+/"`},
	"base64Binary R4 R4B": {`"AAEC AAEC"`, `"AAEC\r\nAAEC"`, `" AAEC "`},
	"boolean":             {`true`, `false`},
	"integer":             {`0`, `1`, `-1`, `2147483647`, `-2147483648`},
	"integer R4 R4B":      {`-0`},
	"unsignedInt":         {`0`, `2147483647`},
	"positiveInt":         {`1`, `2147483647`},
	"integer64 R5":        {`"0"`, `"-1"`, `"+1"`, `"9223372036854775807"`, `"-9223372036854775808"`, `"9007199254740993"`},
	"decimal":             {`0`, `-0`, `1.0`, `0.010`, `-1.5e10`, `1E-3`, `1e+5`, `123456789012345678`, `0.12345678901234567`, `-0.00000000000000001`, `12345678901234567.8`},
	"decimal R4 R4B":      {`1234567890123456789`, `1e1000000000`, `0.12345678901234567890`, `0.000000000000000001`},
	"date":                {`"2020"`, `"0001"`, `"9999"`, `"2020-02"`, `"2020-02-29"`, `"2000-02-29"`, `"2020-12-31"`},
	"dateTime":            {`"2020"`, `"2020-02"`, `"2020-02-29"`, `"2020-02-29T00:00:00Z"`, `"2020-02-29T23:59:60Z"`, `"2020-01-01T12:00:00.123456789+14:00"`, `"2020-01-01T12:00:00-00:00"`, `"2020-01-01T12:00:00-13:59"`},
	"dateTime R4 R4B":     {`"2020-01-01T12:00:00.12345678901234567890Z"`},
	"dateTime R5":         {`"2020-02Z"`, `"2020-02+14:00"`, `"2020-02-29-05:00"`, `"2020-02-29Z"`, `"2020-02-05:00"`},
	"instant":             {`"2015-02-07T13:28:17.239+02:00"`, `"2017-01-01T00:00:00Z"`, `"2016-12-31T23:59:60.5Z"`},
	"instant R4 R4B":      {`"2017-01-01T00:00:00.1234567890Z"`},
	"time":                {`"00:00:00"`, `"23:59:60"`, `"12:34:56.7"`},
	"time R4 R4B":         {`"12:34:56.1234567890"`},
	"xhtml":               {`"<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"`, `" <div>x</div>"`, `"<div/>"`},
}

var badPrimitives = map[string][]string{
	"id":               {`""`, `"a b"`, `"a_b"`, `"a/b"`, `"ä"`, `"a\n"`, `"` + strings.Repeat("a", 65) + `"`, `7`, `null`, `["a"]`, `{}`},
	"string":           {`""`, `"\u0000"`, `"a\u001fb"`, `"\u000b"`, `7`, `true`, `"` + strings.Repeat("a", 1<<20+1) + `"`},
	"string R4 R4B":    {`"` + strings.Repeat("é", 1<<20) + `"`},
	"string R5":        {`"` + strings.Repeat("é", 1<<20+1) + `"`},
	"markdown":         {`""`, `"\u0001"`, `[]`, `1`},
	"code":             {`""`, `" "`, `" a"`, `"a "`, `"a  b"`, `"a\tb"`, `"a\nb"`, `7`},
	"uri":              {`""`, `" "`, `"a b"`, `"a\n"`, `"a\u00a0b"`, `"\u0000"`, `"a\u2028b"`, `7`},
	"url":              {`""`, `"http://a b"`, `false`, `"ws://x\n"`},
	"canonical":        {`""`, `"http://a |1"`, `{}`, `["http://a"]`},
	"oid":              {`""`, `"1.2.3"`, `"urn:oid:"`, `"urn:oid:1"`, `"urn:oid:3.1"`, `"urn:oid:1."`, `"urn:oid:1.02"`, `"urn:oid:1..2"`, `"urn:oid:1.a"`, `"URN:OID:1.2"`},
	"uuid":             {`""`, `"c757873d-ec9a-4326-a141-556f43239520"`, `"urn:uuid:C757873D-ec9a-4326-a141-556f43239520"`, `"urn:uuid:c757873dec9a4326a141556f43239520"`, `"urn:uuid:c757873d-ec9a-4326-a141-556f4323952"`, `"urn:uuid:c757873d-ec9a-4326-a141-556f4323952g"`},
	"base64Binary":     {`""`, `" "`, `"A"`, `"AA"`, `"AAE"`, `"AAF="`, `"AB=="`, `"A==="`, `"===="`, `"AA==AA=="`, `"AA=A"`, `"AA-_"`, `"A AEC"`, `7`},
	"base64Binary R5":  {`"AAEC AAEC"`, `"AAEC\n"`},
	"boolean":          {`"true"`, `1`, `0`, `null`, `"false"`, `[true]`},
	"integer":          {`2147483648`, `-2147483649`, `1.0`, `1e3`, `"1"`, `0.5`, `99999999999999999999`, `true`},
	"integer R5":       {`-0`},
	"unsignedInt":      {`-1`, `-0`, `2147483648`, `1.0`, `"0"`},
	"positiveInt":      {`0`, `-1`, `2147483648`, `1e0`, `"1"`},
	"integer64":        {`7`, `""`, `"01"`, `"-0"`, `"+0"`, `"1.0"`, `"1e3"`, `" 1"`, `"9223372036854775808"`, `"-9223372036854775809"`, `"-"`, `"0x1"`},
	"integer64 R4 R4B": {`"1"`},
	"decimal":          {`"1.0"`, `true`, `null`},
	"decimal R5":       {`1234567890123456789`, `0.123456789012345678`, `123456789.0123456789`, `1e1000000000`},
	"date":             {`""`, `"0000"`, `"20"`, `"2020-1"`, `"2020-13"`, `"2020-00"`, `"2020-02-30"`, `"2021-02-29"`, `"1900-02-29"`, `"2020-04-31"`, `"2020-01-00"`, `"2020-01-32"`, `"2020-01-01Z"`, `"2020-01-01+01:00"`, `"2020-01-01T00:00:00Z"`, `"20200101"`, `"2020-"`, `2020`, `"2020 "`},
	"dateTime":         {`""`, `"0000"`, `"2020-02-30"`, `"2020-01-01T00:00:00"`, `"2020-01-01T00:00Z"`, `"2020-01-01T24:00:00Z"`, `"2020-01-01T23:60:00Z"`, `"2020-01-01T23:00:61Z"`, `"2020-01-01T00:00:00+14:01"`, `"2020-01-01T00:00:00+15:00"`, `"2020-01-01T00:00:00+01:60"`, `"2020-01-01T00:00:00+0100"`, `"2020-01-01T00:00:00z"`, `"2020-01-01t00:00:00Z"`, `"2020-01-01 00:00:00Z"`, `"2020-01-01T00:00:00.Z"`, `"2020-01T00:00:00Z"`, `"2020T00:00:00Z"`, `"2020Z"`, `"2020-01-01T00:00:00Z "`, `"2020-01-01T00:00:00+"`, `"2020-01-01T"`, `7`},
	"dateTime R4 R4B":  {`"2020-02Z"`, `"2020-02-29-05:00"`},
	"dateTime R5":      {`"2020-01-01T12:00:00.1234567890Z"`, `"2020-02+"`, `"2020+01:00"`, `"2020-02-29+14:01"`},
	"instant":          {`""`, `"2020"`, `"2020-01-01"`, `"2020-01-01T00:00:00"`, `"2020-02-30T00:00:00Z"`, `"0000-01-01T00:00:00Z"`, `"2020-01-01T24:00:00Z"`, `"2020-01Z"`},
	"instant R5":       {`"2017-01-01T00:00:00.1234567890Z"`},
	"time":             {`""`, `"24:00:00"`, `"12:00"`, `"12:00:00Z"`, `"1:00:00"`, `"12:00:61"`, `"12:60:00"`, `"12:00:00."`, `"T12:00:00"`, `120000`},
	"time R5":          {`"12:34:56.1234567890"`},
	"xhtml":            {`""`, `"x"`, `"<p>x</p>"`, `"<divx>"`, `"<div"`, `7`},
}

func TestPrimitives(t *testing.T) {
	judge(t, goodPrimitives, true)
	judge(t, badPrimitives, false)
}

func judge(t *testing.T, values map[string][]string, good bool) {
	for key, texts := range values {
		words := strings.Fields(key)
		releases := words[1:]
		if len(releases) == 0 {
			releases = []string{"R4", "R4B", "R5"}
		}
		for _, name := range releases {
			r, _ := ParseRelease(name)
			for _, text := range texts {
				doc := parse(t, text)
				if p := CheckPrimitive(r, words[0], doc.Root()); (p.Code == "") != good {
					t.Errorf("%s %s %.80s: %+v, good should be %v", name, words[0], text, p, good)
				} else if !good && (p.Text == "" || len(p.Text) > 400) {
					t.Errorf("%s %s %.80s: %q says nothing, or too much", name, words[0], text, p.Text)
				}
				checkAsText(t, r, words[0], text, good)
			}
		}
	}
}

// checkAsText holds CheckText to the same verdict, for what a query can carry.
func checkAsText(t *testing.T, r Release, typ, text string, good bool) {
	plain := text
	if strings.HasPrefix(text, `"`) {
		if err := json.Unmarshal([]byte(text), &plain); err != nil {
			t.Fatal(err)
		}
	}
	quoted := text != plain || plain == ""
	if kind := FindType(typ); !kind.In(r) || quoted != isText(kind) {
		return // the JSON type is wrong, which a text does not have
	}
	if p := CheckText(r, typ, plain); (p.Code == "") != good {
		t.Errorf("%s %s text %.80s: %+v, good should be %v", r, typ, text, p, good)
	}
}

func isText(t Type) bool {
	switch t {
	case tBoolean, tInteger, tUnsignedInt, tPositiveInt, tDecimal:
		return false
	}
	return true
}

func TestEveryPrimitiveIsTested(t *testing.T) {
	for kind := noType + 1; kind <= lastNamed; kind++ {
		if !kind.Primitive() {
			continue
		}
		n := 0
		for _, values := range []map[string][]string{goodPrimitives, badPrimitives} {
			for key, texts := range values {
				if strings.Fields(key)[0] == kind.String() {
					n += len(texts)
				}
			}
		}
		if n < 6 {
			t.Errorf("%s has %d values", kind, n)
		}
	}
}

func TestUnknownPrimitives(t *testing.T) {
	value := parse(t, `"1"`).Root()
	for _, typ := range []string{"integer64", "Coding", "nothing", "", "String", "Code"} {
		if p := CheckPrimitive(R4, typ, value); p.Code != "unknown-type" {
			t.Errorf("%q: %+v", typ, p)
		}
	}
	if p := CheckPrimitive(R4, "string", jsonscan.Value{}); p.Code == "" {
		t.Error("an absent value is a good string")
	}
}

func TestNoTokenIsRepeated(t *testing.T) {
	const token = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln\x01 \x01"
	text, err := json.Marshal(token)
	if err != nil {
		t.Fatal(err)
	}
	for kind := noType + 1; kind <= lastNamed; kind++ {
		p := CheckPrimitive(R5, kind.String(), parse(t, string(text)).Root())
		if p.Code == "" {
			t.Errorf("%s: the token is good", kind)
		}
		if strings.Contains(p.Text, "eyJh") || strings.Contains(CheckText(R5, kind.String(), token).Text, "eyJh") {
			t.Errorf("%s: %s", kind, p.Text)
		}
	}
	if got := Excerpt([]byte("Bearer eyJhbGci")); got != "Bearer eyJ…" {
		t.Error(got)
	}
}
