import { signal } from "@preact/signals";

export interface Toast {
  text: string;
  kind: "problem" | "info";
}

/** The short message at the edge of the page. A new one replaces it. */
export class ToastStore {
  readonly current = signal<Toast | null>(null);
  private timer: ReturnType<typeof setTimeout> | undefined;

  show(text: string, kind: Toast["kind"] = "problem"): void {
    clearTimeout(this.timer);
    this.current.value = { text, kind };
    this.timer = setTimeout(() => this.dismiss(), kind === "info" ? 3000 : 8000);
  }

  dismiss(): void {
    clearTimeout(this.timer);
    this.current.value = null;
  }
}
