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
  // At once, and not with the next frame: the next key may come before it, and needs more rows.
  list.dispatchEvent(new Event("scroll"));
}

function stepOf(key: string, onMessage: boolean): number {
  if (key === "PageUp" || (onMessage && key === "ArrowUp")) return -1;
  if (key === "PageDown" || (onMessage && key === "ArrowDown")) return 1;
  return 0;
}

/** Has Tab lead to one message of a list: the one that had the focus last, or else one of the newest. */
export function keepOneTabStop(list: HTMLElement): void {
  const stop = list.querySelector<HTMLElement>("article[tabindex='0']");
  const focused = list.contains(document.activeElement)
    ? document.activeElement?.closest<HTMLElement>("article")
    : null;
  const current = focused ?? (stop === null ? [...list.querySelectorAll<HTMLElement>("article")].at(-1) : stop);
  if (stop === current || !current) return;
  if (stop) stop.tabIndex = -1;
  current.tabIndex = 0;
}
