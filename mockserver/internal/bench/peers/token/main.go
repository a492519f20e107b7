// Command token signs the claims of a binding token with go-jose, and does nothing
// else: POST /token answers with the token.
package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/wsbind/wsbind/mockserver/internal/bench/job"
	"github.com/wsbind/wsbind/mockserver/internal/bench/peers/fan"
)

// claims are those that the mock server signs.
type claims struct {
	Issuer       string           `json:"iss"`
	Audience     string           `json:"aud"`
	Subject      string           `json:"sub"`
	IssuedAt     *jwt.NumericDate `json:"iat"`
	NotBefore    *jwt.NumericDate `json:"nbf"`
	Expires      *jwt.NumericDate `json:"exp"`
	ID           string           `json:"jti"`
	Subscription []string         `json:"subscription"`
	Release      string           `json:"fhir"`
}

func main() {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	// The signer is made once: what go-jose documents for many tokens.
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: jose.JSONWebKey{Key: key, KeyID: "6bMefkBVU_16X079qpUMpCydO_RmT2R0GajrfpFV2Eo"}},
		new(jose.SignerOptions).WithType("fhir-ws-binding+jwt"))
	if err != nil {
		log.Fatal(err)
	}
	l := fan.Listen()
	json.NewEncoder(os.Stdout).Encode(job.Announcement{Publish: l.Addr().String()})
	http.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		text, err := jwt.Signed(signer).Claims(fresh("http://" + l.Addr().String())).Serialize()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		io.WriteString(w, text)
	})
	log.Fatal(http.Serve(l, nil))
}

func fresh(base string) claims {
	now := time.Now()
	return claims{
		Issuer: base + "/fhir/R5", Audience: "ws" + base[len("http"):] + "/ws/R5/b612a5f3-f0aa-806d-9e86-3094995614ae", Subject: "anonymous",
		IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now), Expires: jwt.NewNumericDate(now.Add(5 * time.Minute)),
		ID: rand.Text(), Subscription: []string{"a4b4d6f1-136f-819a-839e-57e737386ff0"}, Release: "R5",
	}
}
