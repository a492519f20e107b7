// The entry of wsbind/edge in Node and Bun.

import "../../runtime/node.js";

export * from "../index.js";
