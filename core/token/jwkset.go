package token

import (
	"strconv"

	"github.com/wsbind/wsbind/core/fault"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// maxKeys bounds a JWK Set: lookups go through it one by one.
const maxKeys = 1000

// ReadKeys reads a JWK Set, or a single JWK as a set of one, and says whether it
// was a set. JWKs that cannot be used do not spoil the others of a set, but
// duplicate members anywhere do. The error has the code [fault.InvalidKey].
func ReadKeys(text []byte) (keys []JWK, set bool, err error) {
	root, err := readJWKs(text)
	if err != nil {
		return nil, false, err
	}
	array := root.Get("keys")
	if !array.Exists() && root.Get("kty").Exists() {
		k := readKey(root)
		return []JWK{k}, false, k.Unusable
	}
	if array.Kind() != jsonscan.Array {
		return nil, false, invalidKey("member keys of the JWK Set is " + array.Kind().String() + ", an array is due")
	}
	for e := array.First(); e.Exists(); e = e.Next() {
		if len(keys) == maxKeys {
			return nil, false, invalidKey("the JWK Set has more than " + strconv.Itoa(maxKeys) + " keys")
		}
		keys = append(keys, readKey(e.Value))
	}
	return keys, true, nil
}

// AppendKeys writes what hosts of the WebAssembly module learn of keys: no
// material, for they have the JWKs themselves.
func AppendKeys(dst []byte, keys []JWK) []byte {
	w := jsonscan.Writer{Text: dst}
	w.Object("")
	w.Array("keys")
	for i := range keys {
		keys[i].write(&w)
	}
	w.EndArray()
	w.EndObject()
	return w.Text
}

func (k *JWK) write(w *jsonscan.Writer) {
	w.Object("")
	if k.ID == "" {
		w.Raw("kid", "null")
	} else {
		w.String("kid", k.ID)
	}
	if k.Unusable != nil {
		w.String("unusable", fault.DetailOf(k.Unusable))
	} else {
		w.String("name", k.Name)
		w.Array("algorithms")
		for _, a := range k.Algorithms {
			w.String("", string(a))
		}
		w.EndArray()
		w.Bool("sign", k.Sign)
		w.Bool("verify", k.Verify)
	}
	w.EndObject()
}
