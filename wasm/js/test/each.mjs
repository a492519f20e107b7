/** Does work for each item, so many at a time, and returns the results in order. */
export async function each(items, atATime, work) {
  const [left, results] = [[...items.entries()], []];
  const take = async () => {
    for (let next = left.shift(); next; next = left.shift()) results[next[0]] = await work(next[1]);
  };
  await Promise.all(Array.from({ length: atATime }, take));
  return results;
}
