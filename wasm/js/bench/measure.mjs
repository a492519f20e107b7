// Times ours and its peer side by side: so many rounds, in each both do the same
// amount of work, the one that begins taking turns. What counts is the ratio
// within a round, which a busy machine leaves alone.

/**
 * measure times a row, of which ours(n) and peer(n) do their work n times.
 *
 * @param options rounds (at least 5); milliseconds that the peer works in each
 * @returns name; ratio, the median of peer's time by ours; low and high, its
 *   quartiles; ours and peer, microseconds for one, the medians
 */
export async function measure({ name, ours, peer }, { rounds = 15, milliseconds = 60 } = {}) {
  const n = await amount(peer, milliseconds);
  await ours(n); // warm both
  const times = { ours: [], peer: [] };
  for (let round = 0; round < rounds; round++) {
    const both = [["ours", ours], ["peer", peer]];
    for (const [who, work] of round % 2 ? both.reverse() : both) times[who].push((await time(work, n)) / n);
  }
  const ratios = times.peer.map((t, round) => t / times.ours[round]);
  return {
    name, ratio: quantile(ratios, 0.5), low: quantile(ratios, 0.25), high: quantile(ratios, 0.75),
    ours: 1000 * quantile(times.ours, 0.5), peer: 1000 * quantile(times.peer, 0.5),
  };
}

/** quantile returns that part of a list in order, 0.5 for the median. */
export function quantile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = part * (sorted.length - 1);
  const low = sorted[Math.floor(at)];
  return low + (sorted[Math.ceil(at)] - low) * (at - Math.floor(at));
}

// amount finds how often is often enough, and warms the work as it does.
async function amount(work, milliseconds) {
  for (let n = 1; ; n *= 2) {
    const took = await time(work, n);
    if (took >= milliseconds / 2) return Math.ceil((n * milliseconds) / took);
  }
}

async function time(work, n) {
  const begun = performance.now();
  await work(n);
  return performance.now() - begun;
}
