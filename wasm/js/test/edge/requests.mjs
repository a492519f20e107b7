// Requests of $get-ws-binding-token, and what is answered: by the gate, and by the mock
// server.

import { naming } from "./rest.mjs";

const text = (body, contentType = "application/fhir+json") => ({ body, headers: { "Content-Type": contentType } });
const none = (contentType) => ({ headers: { "Content-Type": contentType } });
const get = (query, headers = {}) => ({ method: "GET", query, headers });
const post = (query, headers = {}) => ({ query, headers });
/**
 * Each is a name, a request, what is answered at the type level and on x, and the code
 * where that is a refusal. A server has a, b and x, and binds all where none is named.
 */
export const requests = [
  ["no body", {}, "a b", "x"],
  ["no body, declared as text", none("text/plain"), "a b", "x"],
  ["no body, declared as nonsense", none("nonsense"), "a b", "x"],
  ["no body, declared as XML", none("application/fhir+xml"), "a b", "x"],
  ["Parameters without parameters", text('{"resourceType":"Parameters"}'), "a b", "x"],
  ["ids", text(JSON.stringify(naming("b", "a"))), "b a", "x"],
  ["an unknown id, ignored at the instance level", text(JSON.stringify(naming("nobody"))), 404, "x", "not-found"],
  ["an empty array", text('{"resourceType":"Parameters","parameter":[]}'), 400, 400, "empty-value"],
  ["a bare resource", text('{"resourceType":"Subscription","id":"x"}'), 400, 400, "wrong-resource-type"],
  ["another parameter", text('{"resourceType":"Parameters","parameter":[{"name":"ids","valueId":"a"}]}'), 400, 400, "unknown-parameter"],
  ["another type", text('{"resourceType":"Parameters","parameter":[{"name":"id","valueString":"a"}]}'), 400, 400, "wrong-value-type"],
  ["no JSON", text("{"), 400, 400, "invalid-json"],
  ["white space", text(" "), 400, 400, "invalid-json"],
  ["no UTF-8", text(Uint8Array.of(0x22, 0xff, 0x22)), 400, 400, "invalid-utf8"],
  ["XML", text("<a/>", "application/fhir+xml"), 415, 415, "unsupported-media-type"],
  ["JSON as text", text('{"resourceType":"Parameters"}', "text/plain"), 415, 415, "unsupported-media-type"],
  ["another charset", text('{"resourceType":"Parameters"}', "application/json; charset=latin1"), 415, 415, "unsupported-media-type"],
  ["UTF-8, quoted", text('{"resourceType":"Parameters"}', 'application/json;charset="UTF-8"'), "a b", "x"],
  ["another release", text('{"resourceType":"Parameters"}', "application/fhir+json; fhirVersion=5.0"), 415, 415, "unsupported-media-type"],
  ["this release", text('{"resourceType":"Parameters"}', "application/fhir+json; fhirVersion=4.0"), "a b", "x"],
  ["compressed", { body: "x", headers: { "Content-Encoding": "gzip" } }, 415, 415, "unsupported-media-type"],
  ["too large", text(" ".repeat(2001)), 413, 413, "too-large"],
  ["GET", get(""), "a b", "x"],
  ["GET of ids", get("?id=b&id=a"), "b a", "x"],
  ["GET of ids with what is HTTP's", get("?_format=json&_pretty=true&_summary=true&_elements=x&&id=b"), "b", "x"],
  ["GET of an escaped id", get("?%69d=%61"), "a", "x"],
  ["GET of no id", get("?id=no%20id"), 400, 400, "invalid-primitive"],
  ["GET of a bad escape", get("?id=%zz"), 400, 400, "invalid-query"],
  ["GET of another parameter", get("?ids=a"), 400, 400, "unknown-parameter"],
  ["GET of another parameter, leniently", get("?ids=a&id=b", { Prefer: "return=minimal; handling=lenient" }), "b", "x"],
  ["POST with a query", post("?id=a"), 400, 400, "invalid-query"],
  ["POST with a query, leniently", post("?id=a", { Prefer: "handling=lenient" }), 400, 400, "invalid-query"],
  ["POST with what is HTTP's", post("?_format=json"), "a b", "x"],
  ["return=minimal never drops the token", { headers: { Prefer: "return=minimal" } }, "a b", "x"],
  ["XML wanted", { headers: { Accept: "application/fhir+xml" } }, 406, 406, "not-acceptable"],
  ["XML wanted by _format", get("?_format=xml"), 406, 406, "not-acceptable"],
  ["JSON by _format in spite of Accept", get("?_format=application/fhir+json", { Accept: "application/fhir+xml" }), "a b", "x"],
  ["another release wanted", { headers: { Accept: "application/fhir+json; fhirVersion=4.3" } }, 406, 406, "not-acceptable"],
  ["nothing wanted", { headers: { Accept: "*/*;q=0" } }, 406, 406, "not-acceptable"],
  ["anything wanted", { headers: { Accept: "text/html, */*;q=0.1" } }, "a b", "x"],
];
