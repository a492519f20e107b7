// How a test puts away what it had.

/** Does all of it at once; if something fails the rest is done nevertheless. */
export async function endAll(...ends) {
  const results = await Promise.allSettled(ends.map(async (end) => end()));
  const failed = results.find(({ status }) => status === "rejected");
  if (failed) throw failed.reason;
}

/**
 * Returns what takes what is to be done when a test is over: the last first, and all of it.
 * Node's own hooks come the first first, and none after one that fails.
 */
export function lastFirst(t) {
  const ends = [];
  t.after(async () => {
    const errors = [];
    for (const end of ends.reverse()) await Promise.resolve().then(end).catch((err) => errors.push(err));
    if (errors.length > 0) throw errors[0];
  });
  return (end) => void ends.push(end);
}
