/**
 * A mock server that runs already, for tests and pages: {@link attachMock} speaks to
 * its management interface. This is all of `wsbind/mock` where no process can be
 * started.
 *
 * @packageDocumentation
 */

export { attachMock } from "./attached.js";
export type { AttachedMock, AttachMockOptions } from "./attached.js";
export type { MockTenant, TemporaryTenant } from "./tenant.js";
export type { Dialect, Profile, TenantOptions } from "./options.js";
export type { FollowOptions, Journal, UntilOptions } from "./journal.js";
export type { Entry, EntryKind, Query } from "./entry.js";
export type { ChanceSpec, Fault, Faults, FaultSpec, FaultState, PlannedFault } from "./faults.js";
export { faultNames, type FaultName } from "./names.js";
export type { Assertion, AssertionResult, Finding, Near } from "./review.js";
export type { Fetch } from "../jwks.js";
export type { Release } from "../definition.js";
export type { BaseState, BindingState, ClockState, Emission, Emitted, Revocation, SocketState, State, SubscriptionState } from "./state.js";
