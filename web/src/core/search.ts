/**
 * How well a name answers what is searched: 0 if it does not, and more the earlier in the name or in
 * one of its words the text is. Case and accents do not count.
 */
export function matchOf(name: string, search: string): number {
  const text = plain(name);
  const wanted = plain(search).trim();
  if (text.startsWith(wanted)) return 3;
  if (text.split(/[\s\p{P}]+/u).some((word) => word.startsWith(wanted))) return 2;
  return text.includes(wanted) ? 1 : 0;
}

/** The items whose names match, the best first, and else as they were. */
export function bestMatches<T>(items: readonly T[], search: string, nameOf: (item: T) => string): T[] {
  return items
    .map((item) => ({ item, match: matchOf(nameOf(item), search) }))
    .filter(({ match }) => match > 0)
    .sort((a, b) => b.match - a.match)
    .map(({ item }) => item);
}

function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

/** A part of a text, and whether it is what was searched. */
export interface Part {
  text: string;
  found: boolean;
}

const words = /[\p{L}\p{N}\p{M}]+/gu;

/** Splits a text where it has words that begin with a word of the search, as the server finds them. */
export function markFound(text: string, search: string): Part[] {
  const terms = [...plain(search).matchAll(words)].map(([term]) => term);
  const parts: Part[] = [];
  let end = 0;
  for (const { 0: word, index } of text.matchAll(words)) {
    const folded = plain(word);
    const term = terms.find((t) => (spaceless.test(t) ? folded.includes(t) : folded.startsWith(t)));
    if (term === undefined) continue;
    // Where folding changes the length, the whole word is marked.
    const same = folded.length === word.length;
    const from = index + (same ? folded.indexOf(term) : 0);
    const to = same ? from + term.length : index + word.length;
    if (from > end) parts.push({ text: text.slice(end, from), found: false });
    parts.push({ text: text.slice(from, to), found: true });
    end = to;
  }
  if (end < text.length) parts.push({ text: text.slice(end), found: false });
  return parts;
}

// Scripts that put no space between words.
const spaceless =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
