// The issuer's keys: a JWK Set at a URL that counts who asks for it, and tokens
// signed by any of them.
import { once } from "node:events";
import { createServer } from "node:http";
import { issuer } from "wsbind";

const { subtle } = crypto;

/** A new key: {kid, text: the private JWK, public: the public one, issuer}. */
export async function newKey(kid) {
  const { privateKey } = await subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const { kty, crv, x, y, d } = await subtle.exportKey("jwk", privateKey);
  const known = { kty, crv, x, y, kid, alg: "ES256", use: "sig" };
  const text = JSON.stringify({ ...known, d });
  return { kid, text, public: known, issuer: issuer({ key: text }) };
}

/** Serves a set of keys, which a test changes: {url, set(keys), fetches, close()}. */
export async function serveKeys(...keys) {
  const answer = (keys) => JSON.stringify({ keys: keys.map((key) => key.public) });
  const served = { text: answer(keys), fetches: 0 };
  const server = createServer((_request, response) => {
    served.fetches++;
    response.setHeader("content-type", "application/jwk-set+json");
    response.end(served.text);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  server.unref();
  return {
    url: `http://127.0.0.1:${server.address().port}/jwks.json`,
    set: (...keys) => (served.text = answer(keys)),
    get fetches() {
      return served.fetches;
    },
    close: () => server.close().closeAllConnections(),
  };
}
