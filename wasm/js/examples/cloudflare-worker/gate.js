// The gate, made of settings: the same file in every example.
import { issuer, verifier } from "wsbind";
import { bindGate, front, statusEndpoint, tokenEndpoint, upstreamCaller, upstreamResolver } from "wsbind/edge";

/**
 * Returns what an adapter serves: {gate, handle}.
 *
 * @param env the settings, which README.md lists
 * @param options {store, replay, WebSocket}: where uses of tokens, revocations and
 *   event numbers are kept, and what connects to the FHIR server
 */
export function makeGate(env, { store, replay, WebSocket }) {
  const { PUBLIC_URL, FHIR_BASE, FHIR_RELEASE: fhir = "R4", DIALECT: dialect = "spec" } = env;
  const base = `${PUBLIC_URL}/fhir`;
  const websocketUrl = env.WEBSOCKET_URL ?? `${PUBLIC_URL.replace("http", "ws")}/ws`;
  // Every notification would be a line, too.
  const observe = (event) => event.event === "notification" || console.log(JSON.stringify(event));

  const gate = bindGate({
    websocketUrl, store, replay, observe,
    verifier: verifier({ ...keys(env), algorithms: ["ES256"], issuer: base, audience: websocketUrl }),
    upstream: { dialect, fhir, base: FHIR_BASE, publicBase: base, websocketUrl: env.FHIR_WEBSOCKET, headers: credential(env), WebSocket },
  });
  const endpoint = tokenEndpoint({
    fhir, base, websocketUrl, observe,
    issuer: issuer({ key: env.SIGNING_KEY }),
    authorize: upstreamCaller({ anonymous: env.ANONYMOUS === "true" }),
    resolve: upstreamResolver({ base: FHIR_BASE, fhir, content: dialect === "legacy" ? ["empty"] : undefined }),
  });
  // Servers of the guide have a $status of their own.
  const status = dialect === "spec" ? undefined : statusEndpoint({ fhir, base, store, upstream: { base: FHIR_BASE }, observe });
  const routes = front({ base, websocketUrl, endpoint, status, upstream: { base: FHIR_BASE }, observe });
  const handle = (request) => (new URL(request.url).pathname === "/revoke" ? revoke(gate, env, request) : routes(request));
  return { gate, handle };
}

/** Whose tokens are accepted: those of SIGNING_KEY, or of a JWK Set that changes with time. */
const keys = ({ JWKS_URL, JWKS_COOLDOWN = 30, SIGNING_KEY }) =>
  JWKS_URL ? { jwksUrl: JWKS_URL, jwks: { cooldown: Number(JWKS_COOLDOWN) } } : { keys: SIGNING_KEY };

/** What the gate itself shows to the FHIR server. */
const credential = ({ FHIR_AUTHORIZATION: authorization }) => (authorization ? { authorization } : undefined);

/** POST /revoke with {"jti": …}, {"subscription": …} or {"subject": …}. */
async function revoke(gate, { ADMIN_SECRET }, request) {
  const allowed = ADMIN_SECRET && (await same(request.headers.get("authorization") ?? "", `Bearer ${ADMIN_SECRET}`));
  if (!allowed || request.method !== "POST") return new Response(null, { status: 404 });
  return Response.json({ ended: await gate.revoke(await request.json()) });
}

/** Compares texts; how long it takes says nothing of where they differ. */
async function same(...texts) {
  const digests = await Promise.all(texts.map((text) => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));
  const [one, other] = digests.map((digest) => new Uint8Array(digest));
  return one.reduce((difference, byte, i) => difference | (byte ^ other[i]), 0) === 0;
}
