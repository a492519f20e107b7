package load

import (
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// guide begins the URLs of the guide's extensions and profiles.
const guide = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-"

// contentType is what is sent and asked for.
const contentType = "application/fhir+json"

// patient writes the Patient whose creation is event k.
func (r *run) patient(dst []byte, k int) []byte {
	dst = append(dst, `{"resourceType":"Patient",`...)
	if !r.config.Post {
		dst = append(append(append(dst, `"id":"`...), r.names.event(k)...), `",`...)
	}
	dst = append(dst, `"identifier":[{"system":"`+markerSystem+`","value":"`...)
	dst = append(append(dst, r.names.event(k)...), `"},{"system":"`+markerSystem+`","value":"`...)
	dst = append(append(dst, r.names.group(k%r.config.Groups)...), `"}]`...)
	const before, after = `,"name":[{"text":"`, `"}]`
	if pad := r.config.Size - len(dst) - len(before) - len(after) - len("}"); pad > 0 {
		dst = append(dst, before...)
		for range pad {
			dst = append(dst, 'x')
		}
		dst = append(dst, after...)
	}
	return append(dst, '}')
}

// classic reports whether Subscriptions have criteria in place of a topic.
func (r *run) classic() bool {
	return r.config.Dialect == Medplum || r.config.Dialect == Legacy && r.server.release != fhir.R5
}

// subscribe writes a Subscription to the events of a group.
func (r *run) subscribe(group int) []byte {
	token := markerSystem + "|" + r.names.group(group)
	switch {
	case r.classic():
		return []byte(`{"resourceType":"Subscription","status":"requested","reason":"wsbind load",` +
			`"criteria":"Patient?identifier=` + token + `","channel":{"type":"websocket"}}`)
	case r.server.release == fhir.R5:
		return r.subscribeR5(token)
	}
	text := jsonscan.AppendString([]byte(`{"resourceType":"Subscription","meta":{"profile":["`+guide+`subscription"]},`+
		`"status":"requested","reason":"wsbind load","criteria":`), r.config.Topic)
	if r.config.Groups > 1 {
		text = append(text, `,"_criteria":{"extension":[{"url":"`+guide+`filter-criteria","valueString":"Patient?identifier=`+token+`"}]}`...)
	}
	return append(text, `,"channel":{"type":"websocket","payload":"`+contentType+
		`","_payload":{"extension":[{"url":"`+guide+`payload-content","valueCode":"`+r.config.Content+`"}]}}}`...)
}

func (r *run) subscribeR5(token string) []byte {
	text := jsonscan.AppendString([]byte(`{"resourceType":"Subscription","status":"requested","reason":"wsbind load","topic":`), r.config.Topic)
	if r.config.Groups > 1 {
		text = append(text, `,"filterBy":[{"resourceType":"Patient","filterParameter":"identifier","value":"`+token+`"}]`...)
	}
	return append(text, `,"channelType":{"system":"http://terminology.hl7.org/CodeSystem/subscription-channel-type","code":"websocket"},`+
		`"contentType":"`+contentType+`","content":"`+r.config.Content+`"}`...)
}

// tokenRequest writes the input of $get-ws-binding-token at the type level.
func tokenRequest(subs []*tally) []byte {
	text := []byte(`{"resourceType":"Parameters","parameter":[`)
	for i, s := range subs {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(append(append(text, `{"name":"id","valueId":"`...), s.id...), `"}`...)
	}
	return append(text, "]}"...)
}

// frameJSON writes a frame of the dialect medplum.
func frameJSON(typ, token string) []byte {
	text := []byte(`{"type":"` + typ + `"`)
	if token != "" {
		text = append(jsonscan.AppendString(append(text, `,"payload":{"token":`...), token), '}')
	}
	return append(text, '}')
}
