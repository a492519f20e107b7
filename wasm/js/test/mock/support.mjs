// What the tests of wsbind/mock share.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { startMock } from "wsbind/mock";

/** The fake: what startMock takes as a binary. */
export const fake = fileURLToPath(new URL("fake.mjs", import.meta.url));

/** The real binary, as make build leaves it. */
export const real = process.env.WSBIND_BIN ?? fileURLToPath(new URL("../../../../bin/wsbind", import.meta.url));
if (!existsSync(real)) throw new Error(`there is no ${real}: run make build first`);

/** Starts the fake for a test, which closes it. */
export async function startFake(t, options = {}) {
  const mock = await startMock({ binary: fake, ...options });
  t.after(() => mock.close());
  return mock;
}

/** Has the fake add entries to the journal of a tenant. */
export const add = (mock, ...entries) => mock.call("POST", "/fake/entries", { entries });

/** Takes so many items of an iteration, which goes on. */
export async function take(iterator, count) {
  const items = [];
  while (items.length < count) {
    const { done, value } = await iterator.next();
    if (done) break;
    items.push(value);
  }
  return items;
}
