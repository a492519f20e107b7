// Work that is asked for more often than it is worth doing.

/**
 * Returns a function that has work done so many milliseconds after it was called:
 * once for all calls until then, and never twice at a time.
 */
export function gather(work: () => Promise<void>, milliseconds: number): () => void {
  let waits = false;
  let again = false;
  const begin = (): void => {
    waits = true;
    setTimeout(() => {
      void work().finally(() => {
        waits = false;
        if (again) begin();
        again = false;
      });
    }, milliseconds);
  };
  return () => {
    if (waits) again = true;
    else begin();
  };
}
