const emoji = String.raw`(?:\p{Regional_Indicator}{2}|[0-9#*]\uFE0F\u20E3|\p{Extended_Pictographic}(?:\uFE0F|\p{Emoji_Modifier}|\u200D\p{Extended_Pictographic}|[\u{E0020}-\u{E007F}])*)`;
const onlyEmoji = new RegExp(`^(?:${emoji}\\s*){1,6}$`, "u");

/** Whether a text consists of a few emoji only. */
export function isEmoji(text: string): boolean {
  return onlyEmoji.test(text.trim());
}
