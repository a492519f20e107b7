package bridge

import (
	"github.com/wsbind/wsbind/core/fhir"
	"github.com/wsbind/wsbind/core/jsonscan"
)

// readMedplum reads a Bundle of Medplum's, which has a SubscriptionStatus also in
// R4, references without a base, 0 for the number of every event, and the resource
// behind the status: none after a delete.
func readMedplum(release fhir.Release, bundle jsonscan.Value) Frame {
	f, behind := readStatuses(bundle)
	if f.Kind != Events {
		return f
	}
	event := bundle.Get("entry").At(0).Get("resource").Get("notificationEvent").At(0)
	reference := event.Get("focus").Get("reference").Text()
	if kind, _, ok := typeAndID(reference); ok && fhir.IsResourceType(release, kind) {
		f.Focus.URL = reference
	}
	if resource := behind.Get("resource"); resource.Kind() == jsonscan.Object {
		f.Focus.Body = resource.Raw()
	}
	return f
}

// appendMedplumBind appends Medplum's JSON frame that binds.
func appendMedplumBind(dst []byte, compact string) []byte {
	dst = append(dst, `{"type":"bind-with-token","payload":{"token":`...)
	return append(jsonscan.AppendString(dst, compact), "}}"...)
}
