// The rules of a binding token in words: what each demands, and why.

/** A rule, for people. */
export interface RuleWords {
  readonly title: string;
  readonly why: string;
}

const words: Readonly<Record<string, RuleWords>> = {
  size: { title: "It is not too long", why: "Whoever reads a token of any length can be kept busy with one." },
  form: { title: "It is a JWS in compact form", why: "Three parts of base64url with dots between them, and each token has one spelling only." },
  header: { title: "Its header is a JSON object", why: "A member that is there twice would be read in two ways." },
  algorithm: { title: "Its algorithm is an allowed one", why: "The verifier decides which algorithms count. One that the token chose could be none at all." },
  "embedded-key": { title: "It brings no key", why: "A key out of the token would vouch for itself." },
  extensions: { title: "It needs no extension", why: "What crit names must be understood, and nothing is understood here that could change the meaning of a token." },
  "key-id": { title: "Its kid is a text", why: "It picks a key of the set, and is used for nothing else." },
  type: { title: "It says that it is a binding token", why: "The typ keeps it apart from access tokens of the same issuer, in both directions." },
  payload: { title: "Its payload can be decoded", why: "It is base64url without padding." },
  "signature-form": { title: "Its signature has the right length", why: "Each algorithm has signatures of its own form." },
  signature: { title: "A key of the set made the signature", why: "Only the issuer has the private key: nobody else wrote this, and nobody changed it." },
  claims: { title: "Its claims are complete", why: "Without exp or jti a token could neither end nor be told from others." },
  issuer: { title: "The right server issued it", why: "A token of another server says nothing about Subscriptions here." },
  audience: { title: "It is for this websocket", why: "It must be of no use at another one." },
  "not-before": { title: "Its time has begun", why: "nbf is the first moment at which it counts." },
  "issued-at": { title: "It was not issued in the future", why: "If it seems so, one of two clocks is wrong." },
  expiration: { title: "It has not expired", why: "Whoever found a token can use it until exp. That is why tokens live for minutes." },
  lifetime: { title: "It does not live too long", why: "A token that is good for years would be a password." },
};

/** The words for a rule; a rule that is new keeps its name. */
export function ruleWords(rule: string): RuleWords {
  return words[rule] ?? { title: rule, why: "" };
}

/** What a claim of a binding token means. */
export const claimMeanings: Readonly<Record<string, string>> = {
  iss: "Issuer: the FHIR base that gave it",
  aud: "Audience: the websocket that it is for",
  sub: "Subject: the caller, as the server knows them",
  iat: "Issued at",
  nbf: "Not before",
  exp: "Expires",
  jti: "Its own id, by which it can be revoked",
  subscription: "The Subscriptions that it binds",
  fhir: "The release of FHIR",
};

/** What a member of the header means. */
export const headerMeanings: Readonly<Record<string, string>> = {
  alg: "Algorithm of the signature",
  kid: "Which key of the set",
  typ: "What kind of token it is",
};
