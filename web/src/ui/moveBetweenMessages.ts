/**
 * Moves the focus from message to message, as screen readers and keyboards expect of a feed:
 * with Page Up and Page Down from anywhere in a message, and with the arrows when
 * the message itself has the focus.
 */
export function moveBetweenMessages(event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  const here = target.closest<HTMLElement>("article");
  if (!here || target.closest("textarea, dialog, [role=menu]") || event.ctrlKey || event.altKey || event.metaKey)
    return;
  const list = event.currentTarget as HTMLElement;
  const articles = [...list.querySelectorAll<HTMLElement>("article")];
  const step = stepOf(event.key, target === here);
  if (step === 0) return;
  event.preventDefault();
  const to = articles[articles.indexOf(here) + step];
  to?.focus({ preventScroll: true });
  to?.scrollIntoView({ block: "nearest" });
}

function stepOf(key: string, onMessage: boolean): number {
  if (key === "PageUp" || (onMessage && key === "ArrowUp")) return -1;
  if (key === "PageDown" || (onMessage && key === "ArrowDown")) return 1;
  return 0;
}

/** Has Tab lead to one message of a list: the one that had the focus last, or else the newest. */
export function keepOneTabStop(list: HTMLElement): void {
  const articles = [...list.querySelectorAll<HTMLElement>("article")];
  const focused = articles.find((a) => a.contains(document.activeElement));
  const stops = articles.filter((a) => a.tabIndex === 0);
  const current = focused ?? stops[0] ?? articles.at(-1);
  for (const stop of stops) if (stop !== current) stop.tabIndex = -1;
  if (current) current.tabIndex = 0;
}
