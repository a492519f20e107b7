/**
 * A mock server for tests of clients: {@link startMock} starts the binary `wsbind` as
 * a child process, {@link attachMock} takes a server that runs already, and what they
 * return speaks to it with the words that Go has.
 *
 * In Node, Bun and Deno; browsers, workerd and the Edge Runtime can start no process,
 * and have all but `startMock`. Nothing is thrown but `WsbindError`, as by the rest of
 * the package.
 *
 * @packageDocumentation
 */

export { startMock } from "./mock.js";
export type { Closed, CloseOptions, Mock } from "./mock.js";
export type { StartMockOptions } from "./settings.js";
export * from "./attach.js";
