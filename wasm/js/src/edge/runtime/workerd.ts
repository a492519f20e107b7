// The entry of wsbind/edge in workerd.

import "../../runtime/workerd.js";

export * from "../index.js";
