/**
 * A mock server for tests of clients: {@link startMock} starts the binary `wsbind` as
 * a child process, and {@link Mock} speaks to it with the words that Go has.
 *
 * For Node, Bun and Deno. Nothing is thrown but `WsbindError`, as by the rest of the package.
 *
 * @packageDocumentation
 */

export { startMock } from "./mock.js";
export type { Closed, CloseOptions, Mock } from "./mock.js";
export type { MockTenant, TemporaryTenant } from "./tenant.js";
export type { Dialect, Profile, StartMockOptions, TenantOptions } from "./options.js";
export type { FollowOptions, Journal, UntilOptions } from "./journal.js";
export type { Entry, EntryKind, Query } from "./entry.js";
export type { ChanceSpec, Fault, Faults, FaultSpec, FaultState, PlannedFault } from "./faults.js";
export { faultNames, type FaultName } from "./names.js";
export type { Assertion, AssertionResult, Finding, Near } from "./review.js";
export type { Release } from "../definition.js";
export type { BaseState, BindingState, ClockState, Emission, Emitted, Revocation, SocketState, State, SubscriptionState } from "./state.js";
