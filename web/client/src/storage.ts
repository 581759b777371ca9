// Where a client keeps what has to outlive it, unless it is told.
import type { OutboxStorage } from "./logs.js";
import type { MarkStorage } from "./readMarks.js";
import { TypedInMemory } from "./typed.js";
import { TypedInBrowser } from "./typedInBrowser.js";

/** Keeps unsent messages in the browser's database, else in memory. */
export function openOutbox(userId: string): OutboxStorage {
  return typeof indexedDB === "undefined" ? new TypedInMemory() : new TypedInBrowser(userId, () => {});
}

/** The browser's storage of strings, if there is one that may be used. */
export function openKeys(): MarkStorage | undefined {
  try {
    return typeof document === "undefined" ? undefined : localStorage;
  } catch {
    return undefined;
  }
}

export function keysInMemory(): MarkStorage {
  const kept = new Map<string, string>();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}
