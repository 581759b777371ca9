// What the user types, in each room and thread: kept in this browser at once, and by the server a moment
// later, for the user's other devices.
import type { Draft } from "./contract.js";
import { partsOf } from "./threads.js";
import type { KeptDraft, Typed } from "./typed.js";

/** The server has what was typed after so many milliseconds. */
const saveAfter = 5000;
/** For so long after a key, somebody who stays in the field types: no text of another device takes the place of theirs. */
const typesFor = 2000;

export interface DraftsOptions {
  typed: Pick<Typed, "loadDrafts" | "keepDraft">;
  /** Lets the server keep a text. Resolves to what stands there then, or to whether it may work later. */
  save(log: string, text: string): Promise<Draft | "later" | "never">;
  /** Called when a text has changed. */
  onChange(log: string): void;
}

/** A draft as this device knows it. If its text is not the one that is saved, the server is to get it. */
interface State extends KeptDraft {
  typedAt: number;
  saving: boolean;
  /** The text for which the server has given no answer yet. */
  tried: string | null;
  /** A text that the server does not take. */
  refused: string | null;
  timer: ReturnType<typeof setTimeout> | undefined;
  /** The number of its last change, of all. */
  change: number;
}

const nothing: KeptDraft = { text: "", saved: "", savedAt: "" };
const begun = (): State => ({
  ...nothing,
  typedAt: -typesFor,
  saving: false,
  tried: null,
  refused: null,
  timer: undefined,
  change: 0,
});

const isUnsaved = (state: State) => state.text !== state.saved;
const isTyping = (state: State) => state.text !== "" && Date.now() - state.typedAt < typesFor;

export class Drafts {
  private readonly states = new Map<string, State>();
  private changes = 0;
  private closed = false;

  constructor(private readonly options: DraftsOptions) {
    void this.reload();
  }

  textOf(log: string): string {
    return this.states.get(log)?.text ?? "";
  }

  private stateOf(log: string): State {
    let state = this.states.get(log);
    if (!state) {
      state = begun();
      this.states.set(log, state);
    }
    return state;
  }

  /** Reads what other tabs of this browser, and earlier visits, have kept. */
  async reload(): Promise<void> {
    const before = this.changes;
    const all = await this.options.typed.loadDrafts();
    if (!all || this.closed) return;
    for (const log of new Set([...all.keys(), ...this.states.keys()])) {
      const [kept, state] = [all.get(log) ?? nothing, this.stateOf(log)];
      const isOlder = kept.savedAt < state.savedAt && kept.savedAt !== "";
      if (state.change > before || (isOlder && kept.text === kept.saved)) continue;
      if (!isOlder) Object.assign(state, { saved: kept.saved, savedAt: kept.savedAt || state.savedAt });
      this.setText(log, state, kept.text);
      this.saveSoon(log, state);
    }
  }

  /** Notes what the user has typed. */
  type(log: string, text: string): void {
    const state = this.stateOf(log);
    state.typedAt = Date.now();
    this.setText(log, state, text);
    this.keep(log, state);
    // An empty field is most often that of a message which was sent: no device is to show it any longer.
    if (text === "") void this.save(log);
    else this.saveSoon(log, state);
  }

  private setText(log: string, state: State, text: string): void {
    if (text === state.text) return;
    state.text = text;
    this.options.onChange(log);
  }

  private keep(log: string, state: State): void {
    state.change = ++this.changes;
    const { text, saved, savedAt } = state;
    this.options.typed.keepDraft(log, { text, saved, savedAt });
  }

  private saveSoon(log: string, state: State): void {
    if (isUnsaved(state) && !this.closed) state.timer ??= setTimeout(() => void this.save(log), saveAfter);
  }

  /** Lets the server keep what was typed until now. */
  async save(log: string): Promise<void> {
    const state = this.states.get(log);
    if (!state) return;
    clearTimeout(state.timer);
    state.timer = undefined;
    if (state.saving || this.closed) return; // what is typed meanwhile is saved after it
    const { text } = state;
    if (!isUnsaved(state) || text === state.refused) return;
    state.saving = true;
    state.tried = text;
    const answer = await this.options.save(log, text);
    state.saving = false;
    if (this.closed || this.states.get(log) !== state) return;
    if (answer === "never") state.refused = text;
    else if (answer !== "later") this.take(log, state, answer, state.text === text && !isTyping(state));
    if (answer !== "later") state.tried = null;
    if (state.text === "" && answer !== "later") await this.save(log);
    else this.saveSoon(log, state);
  }

  /** Notes that the user has left the field, and lets the server keep what they typed. */
  leave(log: string): void {
    const state = this.states.get(log);
    if (state) state.typedAt = -typesFor;
    void this.save(log);
  }

  /** Lets the server keep everything that was typed until now. */
  saveAll(): void {
    for (const log of this.states.keys()) void this.save(log);
  }

  /** Takes in what another device has saved. Nothing that was typed here and is not saved is lost by it. */
  hear(log: string, draft: Draft): void {
    const state = this.stateOf(log);
    if (draft.savedAt <= state.savedAt) return;
    const isOwn = draft.text === state.tried; // the answer was lost
    this.take(log, state, draft, !isOwn && (state.text === "" || (!isUnsaved(state) && !isTyping(state))));
    this.saveSoon(log, state);
  }

  // Notes what stands at the server, which may take the place of the text.
  private take(log: string, state: State, draft: Pick<Draft, "text" | "savedAt">, mayReplace: boolean): void {
    // The server keeps no text of which nobody would see anything.
    const isBlank = draft.text === "" && state.text.trim() === "";
    state.saved = isBlank ? state.text : draft.text;
    state.savedAt = draft.savedAt;
    if (mayReplace) this.setText(log, state, state.saved);
    this.keep(log, state);
  }

  /** The present, for `replace` and `replaceAll`. */
  snapshot(): number {
    return this.changes;
  }

  /** Takes in what the server has answered to a request that began at a snapshot: a draft, or that there is none. */
  replace(log: string, draft: Draft | undefined, asked: number): void {
    const state = this.states.get(log);
    if (draft) this.hear(log, draft);
    if (draft || !state || state.saving || state.change > asked || state.saved === "") return;
    this.take(log, state, { text: "", savedAt: state.savedAt }, !isUnsaved(state) && !isTyping(state));
    this.saveSoon(log, state);
  }

  /** Takes in the list of all rooms of the user, and forgets the drafts of others. */
  replaceAll(rooms: readonly { id: string; draft?: Draft }[], asked: number): void {
    for (const { id, draft } of rooms) this.replace(id, draft, asked);
    const listed = new Set(rooms.map((r) => r.id));
    for (const log of [...this.states.keys()]) if (!listed.has(roomOf(log))) this.forgetLog(log);
  }

  /** Forgets the drafts of a room that the user has left, and of its threads. */
  forget(roomId: string): void {
    for (const log of [...this.states.keys()]) if (roomOf(log) === roomId) this.forgetLog(log);
  }

  private forgetLog(log: string): void {
    clearTimeout(this.states.get(log)?.timer);
    this.states.delete(log);
    this.options.typed.keepDraft(log, nothing);
    this.options.onChange(log);
  }

  /** Saves nothing any more. The browser keeps what is not saved. */
  close(): void {
    this.closed = true;
    for (const { timer } of this.states.values()) clearTimeout(timer);
  }
}

const roomOf = (log: string) => partsOf(log).roomId;
