// The store in memory.

import { conformance } from "./conformance.mjs";
import { memoryStore } from "../../node_modules/wsbind/dist/edge/store/memory.js";

conformance("memory", async () => {
  const store = memoryStore();
  return { stores: [store, store], close() {} };
});
