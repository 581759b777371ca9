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
