import { issuer } from "wsbind";
import { front, tokenEndpoint, upstreamCaller, upstreamResolver } from "wsbind/edge";

export const config = { matcher: "/fhir/:path*" };

const { PUBLIC_URL, WEBSOCKET_URL: websocketUrl, FHIR_BASE, FHIR_RELEASE: fhir = "R4", SIGNING_KEY, ANONYMOUS } = process.env;
const base = `${PUBLIC_URL}/fhir`;
const observe = (event) => console.log(JSON.stringify(event));

const endpoint = tokenEndpoint({
  fhir, base, websocketUrl, observe,
  issuer: issuer({ key: SIGNING_KEY }),
  authorize: upstreamCaller({ anonymous: ANONYMOUS === "true" }),
  resolve: upstreamResolver({ base: FHIR_BASE, fhir }),
});

export default front({ base, websocketUrl, endpoint, upstream: { base: FHIR_BASE }, observe });
