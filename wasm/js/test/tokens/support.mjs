// What the tests of tokens share: a point in time, claims, keys, and the Go
// binary as the other end.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { exportJWK, generateKeyPair, generateSecret, SignJWT } from "jose";

export { rejected, ruin, thrown, watch } from "../kit/support.mjs";

/** 2026-01-02T12:00:00Z */
export const noon = 1767355200;
export const claims = Object.freeze({
  iss: "https://fhir.example/R4", aud: "wss://fhir.example/ws", sub: "anonymous", iat: noon, nbf: noon, exp: noon + 300,
  jti: "0a1b", subscription: ["a1", "b-2.c"], fhir: "R4",
});
/** What a verifier of these claims is told, but its keys. */
export const policy = { issuer: claims.iss, audience: claims.aud, now: () => noon + 1 };
export const algorithms = ["ES256", "ES384", "EdDSA", "RS256", "RS384", "PS256", "HS256"];

/** makeKey returns { algorithm, jwk, publicJWK, privateKey, publicKey } of a new key. */
export async function makeKey(algorithm, kid = `key of ${algorithm}`) {
  const symmetric = algorithm === "HS256";
  const pair = symmetric ? undefined : await generateKeyPair(algorithm, { extractable: true });
  const secret = symmetric ? await generateSecret(algorithm, { extractable: true }) : undefined;
  const jwk = { ...(await exportJWK(pair?.privateKey ?? secret)), kid };
  const publicJWK = symmetric ? jwk : { ...(await exportJWK(pair.publicKey)), kid };
  return { algorithm, jwk, publicJWK, privateKey: pair?.privateKey ?? secret, publicKey: pair?.publicKey ?? secret };
}

/** signed returns a token as npm jose makes it. */
export function signed({ algorithm, jwk, privateKey }, { header = {}, ...changes } = {}) {
  return new SignJWT({ ...claims, ...changes }).setProtectedHeader({ alg: algorithm, kid: jwk.kid, typ: "fhir-ws-binding+jwt", ...header }).sign(privateKey);
}

const binary = process.env.WSBIND_BIN ?? fileURLToPath(new URL("../../../../bin/wsbind", import.meta.url));

/** native runs the Go binary with stdin, and returns what it prints. */
export function native(args, input) {
  const { stdout, stderr, status, error } = spawnSync(binary, args, { input, encoding: "utf8", timeout: 60_000 });
  if (error || status !== 0) throw error ?? new Error(`wsbind ${args.join(" ")}: ${status} ${stderr}`);
  return stdout;
}

/** nativeVerdicts has the binary verify; keys may be objects or text. */
export function nativeVerdicts(requests) {
  const lines = requests.map(({ keys, ...rest }) => JSON.stringify(rest).replace(/}$/, `,"keys":${typeof keys === "string" ? keys : JSON.stringify(keys)}}`));
  return native(["verify", "--jsonl"], lines.join("\n")).trim().split("\n").map((line) => JSON.parse(line));
}

/** nativeToken has the binary issue. */
export function nativeToken(jwk, algorithm) {
  const folder = mkdtempSync(join(tmpdir(), "wsbind-"));
  try {
    const file = join(folder, "key.json");
    writeFileSync(file, JSON.stringify(jwk));
    return native(["issue", "--key", file, "--alg", algorithm, "--issuer", claims.iss, "--audience", claims.aud, "--subject", claims.sub,
      "--subscription", "a1", "--subscription", "b-2.c", "--jti", claims.jti, "--fhir", "R4", "--now", String(noon)]).trim();
  } finally {
    rmSync(folder, { recursive: true });
  }
}
