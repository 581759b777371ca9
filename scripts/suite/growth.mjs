// Finds what grows in samples that were taken while the use stayed the same.

/** @typedef {Record<string, number>} Sample Values by name. */

/**
 * By how much the later values of a name may exceed the earlier ones: a third, and a slack for
 * small and restless values.
 *
 * @type {[RegExp, number][]}
 */
const slacks = [
  [/^goroutines$/, 50],
  [/^heap$/, 8 << 20],
  [/ bytes$/, 20_000],
  [/ rows$/, 30],
];

/**
 * Returns a line for each name whose median in the last third is too far above that in the first.
 *
 * @param {Sample[]} samples
 */
export function findGrowth(samples) {
  const third = Math.floor(samples.length / 3);
  if (third < 3) throw new Error(`${samples.length} samples are too few`);
  const earlier = samples.slice(0, third);
  const later = samples.slice(-third);
  const names = [...new Set(samples.flatMap(Object.keys))].sort();
  return names.flatMap((name) => {
    const [before, after] = [medianOf(earlier, name), medianOf(later, name)];
    const slack = slacks.find(([pattern]) => pattern.test(name))?.[1] ?? 0;
    return after > before * (4 / 3) + slack ? [`${name} grew from ${before} to ${after}`] : [];
  });
}

/** @param {Sample[]} samples @param {string} name */
function medianOf(samples, name) {
  const values = samples.map((s) => s[name] ?? 0).sort((a, b) => a - b);
  return values[Math.floor(values.length / 2)];
}
