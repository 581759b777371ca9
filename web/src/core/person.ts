let segmenter: Intl.Segmenter | undefined; // it is dear to make, and few names need it

function first(word: string): string {
  if (/^[a-z](?:[a-z]|$)/i.test(word)) return word.charAt(0);
  segmenter ??= new Intl.Segmenter();
  for (const { segment } of segmenter.segment(word)) return segment;
  return "";
}

/** One or two letters that stand for a name. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  return (first(words[0] ?? "") + (words.length > 1 ? first(words.at(-1) ?? "") : "")).toUpperCase();
}

/** A colour for a user, always the same: degrees on the colour wheel. */
export function hue(id: string): number {
  let hash = 0;
  for (const c of id) hash = (Math.imul(hash, 31) + (c.codePointAt(0) ?? 0)) >>> 0;
  // Ids differ in few bits. The golden ratio spreads them over the wheel.
  return Math.floor(((hash * 0.618033988749895) % 1) * 360);
}
