// The signature algorithms, as JOSE names them and as WebCrypto wants them.

/**
 * A signature algorithm by its JOSE name (RFC 7518, RFC 8037). `EdDSA` is
 * Ed25519; its other name, `Ed25519`, is refused: a token has one spelling.
 */
export type Algorithm = "ES256" | "ES384" | "EdDSA" | "RS256" | "RS384" | "PS256" | "HS256";

/** What WebCrypto is told about an algorithm. */
export interface Parameters {
  /** For importKey. */
  readonly key: { readonly name: string; readonly namedCurve?: string; readonly hash?: string };
  /** For sign and verify; a name alone where that is enough, since it is read faster. */
  readonly signature: string | { readonly name: string; readonly hash?: string; readonly saltLength?: number };
}

/** WebCrypto's parameters of every algorithm that is known. */
export const parameters: Readonly<Record<Algorithm, Parameters>> = {
  ES256: { key: { name: "ECDSA", namedCurve: "P-256" }, signature: { name: "ECDSA", hash: "SHA-256" } },
  ES384: { key: { name: "ECDSA", namedCurve: "P-384" }, signature: { name: "ECDSA", hash: "SHA-384" } },
  EdDSA: { key: { name: "Ed25519" }, signature: "Ed25519" },
  RS256: { key: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }, signature: "RSASSA-PKCS1-v1_5" },
  RS384: { key: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-384" }, signature: "RSASSA-PKCS1-v1_5" },
  PS256: { key: { name: "RSA-PSS", hash: "SHA-256" }, signature: { name: "RSA-PSS", saltLength: 32 } },
  HS256: { key: { name: "HMAC", hash: "SHA-256" }, signature: "HMAC" },
};

/** The names of the algorithms that are known. */
export const algorithms: readonly Algorithm[] = Object.keys(parameters) as Algorithm[];
