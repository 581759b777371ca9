export type Piece = { text: string } | { url: string };

/** Splits a text at its web addresses. Only http and https become links. */
export function splitLinks(text: string): Piece[] {
  const found: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(/\bhttps?:\/\/[^\s<>"]+/gi)) {
    const url = trimPunctuation(match[0]);
    if (!URL.canParse(url)) continue;
    if (match.index > end) found.push({ text: text.slice(end, match.index) });
    found.push({ url });
    end = match.index + url.length;
  }
  if (end < text.length) found.push({ text: text.slice(end) });
  return found;
}

const opened: Record<string, string> = { ")": "(", "]": "[", "}": "{" };

/** Cuts off punctuation that belongs to the sentence around an address. */
function trimPunctuation(url: string): string {
  for (;;) {
    const last = url.at(-1) ?? "";
    const open = opened[last];
    const unbalanced = open !== undefined && url.split(open).length < url.split(last).length;
    if (!unbalanced && !".,;:!?'*".includes(last)) return url;
    url = url.slice(0, -1);
  }
}

const emoji = String.raw`(?:\p{Regional_Indicator}{2}|[0-9#*]\uFE0F\u20E3|\p{Extended_Pictographic}(?:\uFE0F|\p{Emoji_Modifier}|\u200D\p{Extended_Pictographic})*)`;
const onlyEmoji = new RegExp(`^(?:${emoji}\\s*){1,6}$`, "u");

/** Whether a text consists of a few emoji only. */
export function isEmoji(text: string): boolean {
  return onlyEmoji.test(text.trim());
}
