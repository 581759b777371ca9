/** What was replaced to make one text of another: how many units are gone at a place, and what has come there. */
export interface Replaced {
  at: number;
  gone: number;
  come: string;
}

const isLow = (text: string, at: number): boolean => (text.charCodeAt(at) & 0xfc00) === 0xdc00;

/** Compares two texts from both ends. Places are between characters, also those of two units. */
export function replaced(before: string, after: string): Replaced {
  const shorter = Math.min(before.length, after.length);
  let at = 0;
  while (at < shorter && before[at] === after[at]) at++;
  while (at > 0 && (isLow(before, at) || isLow(after, at))) at--;
  let same = 0;
  while (same < shorter - at && before.at(-1 - same) === after.at(-1 - same)) same++;
  while (same > 0 && isLow(before, before.length - same)) same--;
  return { at, gone: before.length - at - same, come: after.slice(at, after.length - same) };
}
