/**
 * FHIR websocket subscriptions: check every document, issue and verify binding
 * tokens, receive notifications.
 *
 * Begin with {@link load}, whose kit judges documents, {@link verifier} and
 * {@link issuer}, which handle tokens, or {@link SubscriptionClient}, which does
 * all that a subscriber has to.
 *
 * Nothing is thrown but {@link WsbindError}, and its `code` is one of the closed
 * list {@link Code}. An invalid document is a {@link Verdict}, a bad token an
 * error: nobody can forget to look.
 *
 * @packageDocumentation
 */

// Documents
export { load } from "./load.js";
export type { LoadOptions, ModuleSource } from "./load.js";
export type { Kit } from "./kit.js";
export type { AbiVersion, BuiltIn, Description, Limits } from "./description.js";
export type { BindingResponse, DefineOptions, NotificationOptions, NotificationVerdict, RequestOptions, ResponseOptions, ResponseVerdict } from "./judging.js";
export type { Definition, Level, Methods, Parameter, Release } from "./definition.js";
export type { Focus, Notification, NotificationEvent, Resource, StatusError, SubscriptionStatus } from "./notification.js";
export type { Input } from "./input.js";

// Tokens
export { verifier } from "./verifier.js";
export type { Verifier, VerifierOptions, VerifyOptions } from "./verifier.js";
export { inspect } from "./inspect.js";
export type { InspectOptions, Inspection, RuleVerdict, TokenRule } from "./inspect.js";
export { issuer } from "./issuer.js";
export type { Issuer, IssuerOptions } from "./issuer.js";
export type { Claims, IssueClaims } from "./claims.js";
export type { Algorithm } from "./algorithm.js";
export type { Bytes } from "./bytes.js";
export type { CryptoKey, ExportedJWK, ExternalSigner, ExternalVerifier, JWK, JWKSet, NamedCryptoKey, SigningKey, VerificationKey, VerificationKeys } from "./keys.js";
export type { Fetch, JWKSOptions } from "./jwks.js";
export type { Clock, Instant } from "./instant.js";

// Client
export * from "./client/index.js";

// Issues and errors
export { codes } from "./codes.js";
export type { Code, CodeMeaning } from "./codes.js";
export { WsbindError } from "./error.js";
export type { WsbindErrorDetails } from "./error.js";
export type { Issue, Position, Severity, Verdict } from "./issue.js";
export { issuesToOperationOutcome } from "./outcome.js";
export type { OperationOutcome, OperationOutcomeIssue, OutcomeCoding, OutcomeDetails, PositionExtension } from "./outcome.js";
