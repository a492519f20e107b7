// Tokenvectors writes the vectors of kind token:
//
//	go generate ./core/jose/internal/tokenvectors
//
// It imports nothing of core: tokens are put together by hand and signed with
// the standard library, so that a mistake of the implementation cannot get into
// the verdicts. Keys are fixed and every signature is deterministic, so that
// the files come out the same each time; a test says when they are stale.
package main

//go:generate go run . ../../../../schemas/vectors/token

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// A testCase is one vector, in the order of members that the files have.
type testCase struct {
	Name           string          `json:"name"`
	Why            string          `json:"why"`
	Source         string          `json:"source,omitempty"`
	Token          string          `json:"token"`
	Keys           json.RawMessage `json:"keys"`
	Algorithms     []string        `json:"algorithms,omitempty"`
	Issuer         string          `json:"issuer,omitempty"`
	Audience       string          `json:"audience,omitempty"`
	Typ            *string         `json:"typ,omitempty"`
	Now            json.Number     `json:"now"`
	ClockTolerance json.Number     `json:"clockTolerance,omitempty"`
	Raw            bool            `json:"raw,omitempty"`
	OK             bool            `json:"ok"`
	Code           string          `json:"code,omitempty"`
	Claims         json.RawMessage `json:"claims,omitempty"`
	Payload        string          `json:"payload,omitempty"`
}

// A file is one file of vectors.
type file struct {
	name  string
	About string     `json:"about"`
	Cases []testCase `json:"cases"`
}

func files() []file {
	return []file{
		{"valid.json", "Tokens that are accepted: every algorithm, and what may differ from one good token to another.", validCases()},
		{"form.json", "The compact serialization has one spelling; everything else is refused before a key is looked for.", formCases()},
		{"header.json", "What the protected header may not say, and which algorithms are allowed.", headerCases()},
		{"keys.json", "Which key verifies a token: kid, kty, crv, alg, use and key_ops.", keyCases()},
		{"signature.json", "Signatures that are wrong, or that no algorithm gives.", signatureCases()},
		{"claims.json", "Claims that are missing, of the wrong shape, or somebody else's.", claimCases()},
		{"dates.json", "Dates: the bounds of validity, clock tolerance, lifetime, and numbers that are no dates.", dateCases()},
		{"published.json", "Examples of the RFCs and of Project Wycheproof, verified raw.", publishedCases()},
	}
}

func (f file) encode() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(f)
	return b.Bytes(), err
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: tokenvectors DIRECTORY")
		os.Exit(2)
	}
	for _, f := range files() {
		text, err := f.encode()
		if err == nil {
			err = os.WriteFile(filepath.Join(os.Args[1], f.name), text, 0o666)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "tokenvectors:", err)
			os.Exit(1)
		}
	}
}
