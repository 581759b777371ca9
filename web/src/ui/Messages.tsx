import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { dayName, dayOf, isEmoji, pieces, timeOf } from "../core/text";
import type { Draft } from "../core/log";
import type { Message, Room } from "../core/types";
import { discard, logOf, markRead, older, retry, revision, session } from "../store";
import { Avatar } from "./Avatar";

// Messages of one person within this time stand together under one name.
const groupWithin = 5 * 60 * 1000;

export function Messages({ room }: { room: Room }) {
  const version = revision.value;
  const list = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const height = useRef(0);
  const [behind, setBehind] = useState(false);
  const log = logOf(room.id);
  const messages = log.list();
  const drafts = log.listDrafts();
  const newest = messages.at(-1)?.seq ?? 0;
  const oldest = messages[0]?.seq;

  // Older messages push the view down by their height, new ones are followed only by
  // whoever is at the end.
  useLayoutEffect(() => {
    const box = list.current!;
    if (atEnd.current) box.scrollTop = box.scrollHeight;
    else if (box.scrollTop < 80) box.scrollTop += box.scrollHeight - height.current;
    height.current = box.scrollHeight;
  }, [version, oldest]);

  useEffect(() => {
    if (!atEnd.current) setBehind(true);
    else if (document.visibilityState === "visible") markRead(room.id);
  }, [newest, drafts.length, room.id]);

  useEffect(() => {
    const look = () => document.visibilityState === "visible" && atEnd.current && markRead(room.id);
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [room.id]);

  function scrolled() {
    const box = list.current!;
    atEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < 60;
    if (atEnd.current) {
      setBehind(false);
      markRead(room.id);
    }
    if (box.scrollTop < 200 && log.oldest > 1) void older(room.id);
  }

  function toEnd() {
    const box = list.current!;
    box.scrollTo({ top: box.scrollHeight, behavior: "smooth" });
  }

  return (
    <div class="scroll">
      <div ref={list} class="messages" role="log" aria-label="Messages" aria-live="polite" tabIndex={0} data-testid="message-list" onScroll={scrolled}>
        {log.oldest === 1 && <p class="beginning">This is the beginning of {room.name || "your conversation"}.</p>}
        {messages.map((m, i) => <Line key={m.id} message={m} before={messages[i - 1]} />)}
        {drafts.map((d) => <Pending key={d.tempId} roomId={room.id} draft={d} />)}
      </div>
      {behind && <button class="pill" onClick={toEnd}>New messages ↓</button>}
    </div>
  );
}

function Line({ message, before }: { message: Message; before?: Message }) {
  const mine = message.sender.id === session.value?.user.id;
  const newDay = !before || dayOf(before.sentAt) !== dayOf(message.sentAt);
  const head = newDay || before.sender.id !== message.sender.id || Date.parse(message.sentAt) - Date.parse(before.sentAt) > groupWithin;
  return (
    <>
      {newDay && <div class="day" role="separator"><span>{dayName(message.sentAt)}</span></div>}
      <article
        class={`line${mine ? " mine" : ""}${head ? " head" : ""}`} data-testid="message" data-seq={message.seq} data-state="sent"
        data-temp-id={message.tempId}
      >
        {!mine && head && <Avatar id={message.sender.id} name={message.sender.name} />}
        <div class="body">
          {head && <p class="by">{mine ? <span class="away">You</span> : message.sender.name} <time dateTime={message.sentAt}>{timeOf(message.sentAt)}</time></p>}
          <Text text={message.text} />
        </div>
      </article>
    </>
  );
}

function Pending({ roomId, draft }: { roomId: string; draft: Draft }) {
  return (
    <article class="line mine pending" data-testid="message" data-state={draft.failed ? "failed" : "pending"} data-temp-id={draft.tempId}>
      <div class="body">
        <Text text={draft.text} />
        {draft.failed ? (
          <p class="fate" role="alert">
            Not sent: {draft.failed}{" "}
            <button class="text" onClick={() => retry(roomId, draft.tempId)}>Try again</button>{" "}
            <button class="text" onClick={() => discard(roomId, draft.tempId)}>Discard</button>
          </p>
        ) : <p class="fate">Sending …</p>}
      </div>
    </article>
  );
}

function Text({ text }: { text: string }) {
  return (
    <p class={isEmoji(text) ? "text large" : "text"} dir="auto">
      {pieces(text).map((p, i) => "url" in p ? <a key={i} href={p.url} target="_blank" rel="noopener noreferrer">{p.url}</a> : p.text)}
    </p>
  );
}
