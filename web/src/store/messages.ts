// The logs of the rooms, and what is on its way into them.
import { type Signal, signal } from "@preact/signals";
import { CatchUp } from "../core/catchup";
import { RoomLog } from "../core/log";
import { Outbox } from "../core/outbox";
import type { Message, Page } from "../core/protocol";
import type { Session } from "../core/session";
import { ask, connection, insist, newId } from "./line";
import { myId } from "./me";
import { heardTyping, meet } from "./people";
import { read } from "./unread";

/** A room's log as the page shows it; `version` grows with every change. */
export interface LogView {
  log: RoomLog;
  version: Signal<number>;
  /** The newest message known, loaded or not. */
  latest: Message | undefined;
  catchUp: CatchUp;
  loading: boolean;
}

const pageSize = 100;
const views = new Map<string, LogView>();
let outbox: Outbox | null = null;

export function viewOf(roomId: string): LogView {
  let view = views.get(roomId);
  if (!view) {
    const log = new RoomLog(myId());
    const version = signal(0);
    view = {
      log,
      version,
      latest: undefined,
      loading: false,
      catchUp: new CatchUp({
        log,
        fetch: (after) => fetchAfter(roomId, after),
        changed: () => changed(roomId),
        online: () => connection.value === "connected" && views.get(roomId)?.log === log,
      }),
    };
    views.set(roomId, view);
  }
  return view;
}

async function fetchAfter(roomId: string, after: number): Promise<Page | undefined> {
  const answer = await ask<Page>("history", { roomId, after, limit: pageSize });
  if (answer.ok) {
    for (const message of answer.messages) take(viewOf(roomId), message);
    return answer;
  }
  if (answer.error.code === "forbidden" || answer.error.code === "not_found") return undefined;
  throw new Error(answer.error.message);
}

function changed(roomId: string): void {
  const view = viewOf(roomId);
  const last = view.log.list().at(-1);
  if (last && last.seq > (view.latest?.seq ?? 0)) view.latest = last;
  view.version.value++;
}

/** Starts sending; what an earlier page did not get out goes first. */
export function startMessages(who: Session): void {
  outbox = new Outbox({
    send: (o) => ask("sendMessage", { roomId: o.roomId, text: o.text, tempId: o.tempId }),
    sent: received,
    failed(o, reason) {
      viewOf(o.roomId).log.failDraft(o.tempId, reason);
      changed(o.roomId);
    },
    storage: sessionStorage,
    key: `confab.outbox.${who.user.id}`,
  });
  for (const o of outbox.unsent) {
    viewOf(o.roomId).log.addDraft(o);
    changed(o.roomId);
  }
}

export function stopMessages(): void {
  outbox?.close();
  outbox = null;
  views.clear();
}

export function setSending(online: boolean): void {
  outbox?.setOnline(online);
}

export function send(roomId: string, text: string): void {
  const outgoing = { roomId, text, tempId: newId(), at: Date.now() };
  viewOf(roomId).log.addDraft({ ...outgoing });
  changed(roomId);
  outbox?.add(outgoing);
}

export function retry(roomId: string, tempId: string): void {
  const { log } = viewOf(roomId);
  const draft = log.listDrafts().find((d) => d.tempId === tempId);
  if (!draft) return;
  log.addDraft({ tempId, text: draft.text, at: draft.at });
  changed(roomId);
  outbox?.retry(tempId);
}

export function discard(roomId: string, tempId: string): void {
  outbox?.remove(tempId);
  viewOf(roomId).log.removeDraft(tempId);
  changed(roomId);
}

/** Takes in a message, from an acknowledgement or as an event. */
export function received(message: Message): void {
  const { roomId, sender } = message;
  const view = viewOf(roomId);
  take(view, message);
  view.log.add(message);
  heardTyping(roomId, sender, false);
  changed(roomId);
  void view.catchUp.fill();
}

export function receivedPage(roomId: string, page: Page): void {
  const view = viewOf(roomId);
  for (const message of page.messages) take(view, message);
  view.log.addPage(page);
  changed(roomId);
  void view.catchUp.fill();
}

function take(view: LogView, message: Message): void {
  meet(message.sender);
  if (message.sender.id === myId()) {
    read(message.roomId, message.seq); // whoever writes has read what is above, on whichever device
    if (message.tempId !== undefined) outbox?.remove(message.tempId);
  }
  if (message.seq > (view.latest?.seq ?? 0)) view.latest = message;
}

/** Loads a page of older messages, if there are any. */
export async function loadOlder(roomId: string): Promise<void> {
  const view = viewOf(roomId);
  if (view.loading || !view.log.loaded || view.log.oldest <= 1) return;
  view.loading = true;
  view.version.value++;
  const page = await insist<Page>("history", { roomId, before: view.log.oldest });
  view.loading = false;
  if (page && views.get(roomId) === view) receivedPage(roomId, page);
  else view.version.value++;
}

/** Fetches what a room's log has missed while the line was down. */
export async function catchUp(roomId: string): Promise<void> {
  await views.get(roomId)?.catchUp.refresh();
}

/** Fetches the last message of a room for the list, unless it is there. */
export async function preview(roomId: string, head: number): Promise<void> {
  const view = viewOf(roomId);
  if (view.log.loaded || head <= (view.latest?.seq ?? 0)) return;
  const page = await insist<Page>("history", { roomId, limit: 1 });
  for (const message of page?.messages ?? []) take(view, message);
  view.version.value++;
}

/** Forgets a room that one is no longer in. */
export function dropLog(roomId: string): void {
  views.delete(roomId);
}
