// The entry of wsbind/edge in Vercel's Edge Runtime.

import "../../runtime/edge-light.js";

export * from "../index.js";
