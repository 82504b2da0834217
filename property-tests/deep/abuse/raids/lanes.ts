/** Does the same work so many times, a few at once. */
export async function inLanes(
  count: number,
  atOnce: number,
  work: (number: number) => Promise<void>,
): Promise<void> {
  let begun = 0;
  const lane = async (): Promise<void> => {
    while (begun < count) await work(begun++);
  };
  await Promise.all(Array.from({ length: Math.min(count, atOnce) }, lane));
}
