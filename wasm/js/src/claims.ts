// What a binding token says: the claims set, by the names that are signed.

/** The claims of a binding token, exactly as they were signed. Dates are in seconds since 1970. */
export interface Claims {
  /** Who issued the token: the FHIR base of the server. */
  readonly iss: string;
  /** What it is good for: the websocket-url, or several. */
  readonly aud: string | readonly string[];
  /** Until when it is good. */
  readonly exp: number;
  /** The ids of the Subscriptions it covers, at least one. */
  readonly subscription: readonly string[];
  /** The caller who asked for it. */
  readonly sub?: string;
  /** When it was issued. */
  readonly iat?: number;
  /** From when on it is good. */
  readonly nbf?: number;
  /** Names this token, for revocation and single use: compare it, and never the token itself. */
  readonly jti?: string;
  /** The release of FHIR that the server speaks. */
  readonly fhir?: "R4" | "R4B" | "R5";
  /** Claims that a binding token need not have; nothing about them was checked. */
  readonly [name: string]: unknown;
}

/** The claims of a token to be issued. Others than these are refused. Dates are whole seconds since 1970. */
export interface IssueClaims {
  /** Who issues it: the FHIR base of the server. */
  readonly iss: string;
  /** What it is good for: the websocket-url, or several. */
  readonly aud: string | readonly string[];
  /** Until when it is good. */
  readonly exp: number;
  /** The ids of the Subscriptions it covers: 1 to 1,000. */
  readonly subscription: readonly string[];
  /** The caller who asked for it. */
  readonly sub?: string | undefined;
  /** When it is issued; a verifier counts the lifetime from here. */
  readonly iat?: number | undefined;
  /** From when on it is good. */
  readonly nbf?: number | undefined;
  /** Names this token, such as `crypto.randomUUID()`. */
  readonly jti?: string | undefined;
  /** The release of FHIR that the server speaks. */
  readonly fhir?: "R4" | "R4B" | "R5" | undefined;
}
