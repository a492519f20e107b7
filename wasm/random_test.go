package wasm_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/wsbind/wsbind/core/jose"
	"github.com/wsbind/wsbind/core/token"
)

const claims = `{"iss":"https://fhir.example/r4","aud":"wss://fhir.example/ws","sub":"Device/1","iat":1772366400,"nbf":1772366400,"exp":1772366460,"jti":"1","subscription":["a"],"fhir":"R4"}`

// TestSignaturesDiffer signs the same claims with the same key, twice on each of
// two instances of one snapshot. The random state that a snapshot freezes would
// make the first signatures of both the same, and give the key away.
func TestSignaturesDiffer(t *testing.T) {
	host := newHost(t)
	for _, algorithm := range []token.Algorithm{token.ES256, token.PS256} {
		key := privateKey(t, algorithm)
		seen := map[string]bool{}
		for _, instance := range []api.Module{host.instance(t), host.instance(t)} {
			host.drawn = 0
			for range 2 {
				signed := issue(t, instance, key, algorithm)
				if seen[signed] {
					t.Errorf("%s: a token came out twice", algorithm)
				}
				seen[signed] = true
			}
			if host.drawn == 0 {
				t.Errorf("%s: two signatures, and the host was asked for no randomness", algorithm)
			}
		}
	}
}

// host answers the imports of wsbind-jose.wasm. Its randomness is a counter, so
// that signatures can differ by what the host gives and by nothing else.
type host struct {
	runtime wazero.Runtime
	module  wazero.CompiledModule
	next    byte
	drawn   int // bytes
	calls   int // of anything
}

func newHost(t *testing.T) *host {
	t.Helper()
	h := &host{runtime: interpreter(t)}
	h.module = compile(t, h.runtime, "wsbind-jose")
	b := h.runtime.NewHostModuleBuilder("wasi_snapshot_preview1")
	b.NewFunctionBuilder().WithFunc(h.randomGet).Export("random_get")
	b.NewFunctionBuilder().WithFunc(func(_, _, _, _ uint32) uint32 { h.calls++; return 52 }).Export("fd_write")
	b.NewFunctionBuilder().WithFunc(func(code uint32) { panic("proc_exit") }).Export("proc_exit")
	if _, err := b.Instantiate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *host) randomGet(_ context.Context, m api.Module, at, size uint32) uint32 {
	h.calls++
	h.drawn += int(size)
	for i := range size {
		h.next++
		m.Memory().WriteByte(at+i, h.next)
	}
	return 0
}

// instance makes an instance, which must ask nothing of its host.
func (h *host) instance(t *testing.T) api.Module {
	t.Helper()
	before := h.calls
	m, err := h.runtime.InstantiateModule(t.Context(), h.module, wazero.NewModuleConfig().WithName(""))
	if err != nil {
		t.Fatal(err)
	}
	if h.calls != before {
		t.Errorf("instantiation made %d calls to the host", h.calls-before)
	}
	return m
}

func privateKey(t *testing.T, algorithm token.Algorithm) json.RawMessage {
	t.Helper()
	key, err := jose.Generate(algorithm)
	if err != nil {
		t.Fatal(err)
	}
	text, err := key.Private()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// issue calls issue_token by wasm/ABI.md and returns the token.
func issue(t *testing.T, m api.Module, key json.RawMessage, algorithm token.Algorithm) string {
	t.Helper()
	options, err := json.Marshal(map[string]any{"key": key, "alg": algorithm})
	if err != nil {
		t.Fatal(err)
	}
	envelope := binary.LittleEndian.AppendUint32(nil, uint32(len(options)))
	envelope = append(append(envelope, options...), claims...)
	at := call(t, m, "buffer_new", uint64(len(envelope)))
	m.Memory().Write(uint32(at), envelope)
	answer := call(t, m, "issue_token", at, uint64(len(envelope)))
	text, ok := m.Memory().Read(uint32(answer>>32), uint32(answer))
	var got struct {
		Token string
		Error json.RawMessage
	}
	if !ok || json.Unmarshal(text, &got) != nil || got.Token == "" {
		t.Fatalf("issue_token answered %s", text)
	}
	return got.Token
}

func call(t *testing.T, m api.Module, name string, args ...uint64) uint64 {
	t.Helper()
	results, err := m.ExportedFunction(name).Call(t.Context(), args...)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return results[0]
}
