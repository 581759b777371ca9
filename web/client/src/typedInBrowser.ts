// What is typed, in the browser's database: it outlives the tab, the browser and the machine's
// restart, and is shared by the user's tabs. Every entry belongs to a user.
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { newId } from "./id.js";
import type { Outgoing } from "./outbox.js";
import type { KeptDraft, Typed } from "./typed.js";

interface Schema extends DBSchema {
  outbox: { key: [string, string]; value: { user: string; tempId: string; tab: string; outgoing: Outgoing } };
  drafts: { key: [string, string]; value: DraftEntry };
}

/** Entries of earlier versions have a text only. */
type DraftEntry = { user: string; roomId: string; text: string } & Partial<KeptDraft>;

type Database = IDBPDatabase<Schema>;

const openDatabase = () =>
  openDB<Schema>("confab", 1, {
    upgrade(db) {
      db.createObjectStore("outbox", { keyPath: ["user", "tempId"] });
      db.createObjectStore("drafts", { keyPath: ["user", "roomId"] });
    },
  });

const lockOf = (tab: string) => `confab.tab.${tab}`;

/**
 * A message is sent by the tab in which it was written. That tab holds a lock for as long as it
 * lives, even if the browser stops it for a while; whoever gets the lock afterwards sends what
 * is left. Two that send the same message do no harm: its tempId makes it one.
 */
export class TypedInBrowser implements Typed {
  private readonly tab = newId();
  private readonly database: Promise<Database | null>;
  private readonly ended = new AbortController();
  private readonly news: BroadcastChannel | null;
  private readonly awaited = new Set<string>(); // tabs whose end is waited for
  private give: ((outgoing: Outgoing) => void) | undefined;

  /** Calls onRefused, once, when the browser keeps nothing: then it is kept in memory only. */
  constructor(
    private readonly user: string,
    private readonly onRefused: () => void,
    open: () => Promise<Database> = openDatabase,
  ) {
    const held = new Promise<void>((resolve) => this.ended.signal.addEventListener("abort", () => resolve()));
    void navigator.locks?.request(lockOf(this.tab), () => held);
    this.database = Promise.resolve()
      .then(open)
      .catch(() => this.refuse());
    this.news = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(`confab.outbox.${user}`);
    this.news?.addEventListener("message", (event: MessageEvent<string>) => this.awaitEnd(event.data));
  }

  private refused = false;

  private refuse(): null {
    if (!this.refused && !this.ended.signal.aborted) this.onRefused();
    this.refused = true;
    return null;
  }

  /** Does something with the database. Resolves to undefined when the browser refuses it. */
  private async with<T>(work: (db: Database) => Promise<T>): Promise<T | undefined> {
    const db = await this.database;
    try {
      return db ? await work(db) : undefined;
    } catch {
      this.refuse();
      return undefined;
    }
  }

  // All entries of the user, whatever the second part of their keys.
  private get mine(): IDBKeyRange {
    return IDBKeyRange.bound([this.user], [this.user, []]);
  }

  keep(outgoing: Outgoing): void {
    const { user, tab } = this;
    void this.with((db) => db.put("outbox", { user, tempId: outgoing.tempId, tab, outgoing: { ...outgoing } }));
    this.news?.postMessage(tab);
  }

  forget(tempId: string): void {
    void this.with((db) => db.delete("outbox", [this.user, tempId]));
  }

  adopt(give: (outgoing: Outgoing) => void): void {
    this.give = give;
    void this.with((db) => db.getAll("outbox", this.mine)).then((all) => {
      for (const { tab } of all ?? []) this.awaitEnd(tab);
    });
  }

  // Takes over what another tab leaves behind.
  private awaitEnd(tab: string): void {
    if (tab === this.tab || this.awaited.has(tab) || !this.give) return;
    this.awaited.add(tab);
    if (!navigator.locks) return void this.inherit(tab);
    // The lock is held until all is taken over, so that two heirs do not share it.
    navigator.locks.request(lockOf(tab), { signal: this.ended.signal }, () => this.inherit(tab)).catch(() => {}); // the chat was closed meanwhile
  }

  private async inherit(tab: string): Promise<void> {
    const left = await this.with(async (db) => {
      const { store, done } = db.transaction("outbox", "readwrite");
      const entries = (await store.getAll(this.mine)).filter((entry) => entry.tab === tab);
      await Promise.all(entries.map((entry) => store.put({ ...entry, tab: this.tab })));
      await done;
      return entries.map((entry) => entry.outgoing);
    });
    this.awaited.delete(tab);
    if (this.ended.signal.aborted) return;
    for (const outgoing of (left ?? []).sort((a, b) => a.at - b.at)) this.give?.(outgoing);
    if (left && left.length > 0) this.news?.postMessage(this.tab);
  }

  async loadDrafts(): Promise<Map<string, KeptDraft> | null> {
    const all = await this.with((db) => db.getAll("drafts", this.mine));
    if (!all) return null;
    return new Map(all.map(({ roomId, text, saved = "", savedAt = "" }) => [roomId, { text, saved, savedAt }]));
  }

  keepDraft(roomId: string, draft: KeptDraft): void {
    const { user } = this;
    void this.with<unknown>((db) =>
      draft.text || draft.saved ? db.put("drafts", { user, roomId, ...draft }) : db.delete("drafts", [user, roomId]),
    );
  }

  close(): void {
    this.ended.abort();
    this.news?.close();
    void this.database.then((db) => db?.close());
  }

  async clear(): Promise<void> {
    await this.with((db) => Promise.all([db.delete("outbox", this.mine), db.delete("drafts", this.mine)]));
  }
}
