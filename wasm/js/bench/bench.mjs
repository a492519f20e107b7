// What is timed, the same in every runtime: for each row ours and its peer, both
// functions that do their work so many times over.
//
// The peer of a validation is ajv, compiled to code beforehand from the JSON
// Schema that is generated from the same definition, behind JSON.parse; the peer
// of a verification is jwtVerify of jose, with a key that is imported already.
import * as ajv from "ajv-standalone";
import * as jose from "jose";
import { load, verifier } from "wsbind";
import * as documents from "./documents.mjs";
import { measure } from "./measure.mjs";

const small = documents.response(420);
const large = documents.response(200_000);
const bundle = documents.notification(1_000_000);

/** Times every row; module is whatever load takes. */
export async function run(module) {
  const measured = [];
  for (const row of await rows(module)) measured.push(await measure(row));
  return measured;
}

/** Every row, in the order of the table, ready to be timed. */
export async function rows(module) {
  const kit = await load({ module });
  const tokens = [];
  for (const algorithm of kit.describe().algorithms) tokens.push(await verification(kit, algorithm));
  return [...validations(kit), ...tokens];
}

function validations(kit) {
  const response = (document) => kit.validateResponse(document);
  const issues = (document) => ({ valid: kit.validateResponse(document).issues.length === 0 });
  const notification = (document) => kit.validateNotification(document);
  const wrongSmall = documents.invalid(small).map(({ text }) => text);
  const wrongLarge = documents.invalid(large).map(({ text }) => text);
  const { validateResponse, validateResponseAll, validateNotification } = ajv;
  return [
    judging("valid, 420 B", true, [small], response, validateResponse),
    judging("valid, 420 B, as bytes", true, [bytes(small)], response, validateResponse),
    judging("valid, 200 KB", true, [large], response, validateResponse),
    judging("valid, 200 KB, as bytes", true, [bytes(large)], response, validateResponse),
    judging("invalid, 420 B", false, wrongSmall, response, validateResponse),
    judging("invalid, 420 B, issues read", false, wrongSmall, issues, validateResponseAll),
    judging("invalid, 200 KB", false, wrongLarge, response, validateResponse),
    judging("invalid, 200 KB, all errors", false, wrongLarge, response, validateResponseAll),
    judging("notification, 1 MB", true, [bundle], notification, validateNotification),
    judging("notification, 1 MB, as bytes", true, [bytes(bundle)], notification, validateNotification),
  ];
}

// judging is a row of documents that are judged in turn. Both sides must come to
// the verdict that is due, on every document and every time.
function judging(name, valid, texts, ours, schema) {
  const peer = typeof texts[0] === "string" ? (text) => schema(JSON.parse(text)) : (text) => schema(JSON.parse(decoder.decode(text)));
  for (const text of texts) {
    if (ours(text).valid !== valid || peer(text) !== valid) throw new Error(`${name}: the two do not agree on ${text}`);
  }
  const turns = (judge) => (n) => {
    for (let i = 0; i < n; i++) {
      if (judge(texts[i % texts.length]) !== valid) throw new Error(`${name}: another verdict than before`);
    }
  };
  return { name, documents: texts.length, ours: turns((text) => ours(text).valid), peer: turns(peer) };
}

const decoder = new TextDecoder();
const bytes = (text) => new TextEncoder().encode(text);

const policy = { issuer: "https://fhir.example/R4", audience: "wss://fhir.example/ws", clockTolerance: 60 };
const typ = "fhir-ws-binding+jwt";

// verification is a row of tokens of one algorithm, verified one after the other.
async function verification(kit, algorithm) {
  const options = { extractable: true, ...(algorithm === "EdDSA" && { crv: "Ed25519" }) };
  const { publicKey, privateKey } = algorithm === "HS256" ? sameKey(await jose.generateSecret(algorithm, options)) : await jose.generateKeyPair(algorithm, options);
  const jwk = { ...(await jose.exportJWK(publicKey)), kid: "1", alg: algorithm, use: "sig" };
  const tokens = await Promise.all(Array.from({ length: 16 }, (_, i) => token(privateKey, algorithm, i)));

  const ours = verifier({ keys: { keys: [jwk] }, algorithms: [algorithm], ...policy, kit });
  const key = await jose.importJWK(jwk, algorithm);
  const same = { ...policy, algorithms: [algorithm], typ, maxTokenAge: 86_400, requiredClaims: ["iss", "aud", "exp", "subscription"] };
  const theirs = (compact) => jose.jwtVerify(compact, key, same);

  const forged = `${tokens[0].slice(0, -9)}AAAAAAAAA`;
  for (const verify of [(compact) => ours.verify(compact), theirs]) {
    await verify(tokens[1]);
    if (await verify(forged).then(() => true, () => false)) throw new Error(`${algorithm}: a forged token was accepted`);
  }
  return {
    name: `verify ${algorithm}`,
    async ours(n) {
      for (let i = 0; i < n; i++) await ours.verify(tokens[i % 16]);
    },
    async peer(n) {
      for (let i = 0; i < n; i++) await theirs(tokens[i % 16]);
    },
  };
}

const sameKey = (key) => ({ publicKey: key, privateKey: key });

function token(key, alg, i) {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: policy.issuer, aud: policy.audience, sub: "Practitioner/1", iat: now, nbf: now, exp: now + 3600,
    jti: `00000000-0000-4000-8000-${String(i).padStart(12, "0")}`, subscription: [`subscription-${i}`], fhir: "R4",
  };
  return new jose.SignJWT(claims).setProtectedHeader({ alg, typ, kid: "1" }).sign(key);
}
