import { signal } from "@preact/signals";

export interface Notice {
  text: string;
  kind: "problem" | "info";
}

/** What the page has to say just now, at its edge. */
export const notice = signal<Notice | null>(null);

let timer: ReturnType<typeof setTimeout> | undefined;

export function tell(text: string, kind: Notice["kind"] = "problem"): void {
  clearTimeout(timer);
  notice.value = { text, kind };
  timer = setTimeout(dismiss, kind === "info" ? 3000 : 8000);
}

export function dismiss(): void {
  clearTimeout(timer);
  notice.value = null;
}
