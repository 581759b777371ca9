import { useState } from "preact/hooks";
import { currentRoom, enter, leave, members, otherOf, presence, revision, titleOf } from "../store";
import { Composer } from "./Composer";
import { BackIcon, LinkIcon, PeopleIcon } from "./Icons";
import { Members } from "./Members";
import { Messages } from "./Messages";
import { TypingLine } from "./TypingLine";

export function Conversation() {
  const [people, setPeople] = useState(false);
  const [copied, setCopied] = useState(false);
  revision.value;
  const room = currentRoom.value;
  if (!room) {
    return (
      <main class="conversation empty">
        <img src="/mark.svg" alt="" width="72" height="72" />
        <h2>Pick a room, or make one</h2>
        <p class="quiet">Messages are kept and stand in one order for everybody.</p>
      </main>
    );
  }
  const other = otherOf(room);
  const online = members.value.filter((m) => presence.get(m.id)?.online).length;

  async function copy() {
    const link = `${location.origin}${location.pathname}#room=${room!.id}`;
    try {
      await navigator.clipboard.writeText(link);
      setCopied(true);
      setTimeout(() => setCopied(false), 2000);
    } catch {
      prompt("The link to this room", link);
    }
  }

  return (
    <>
      <main class="conversation" aria-label={titleOf(room)}>
        <header class="bar">
          <button class="round back" aria-label="Back to the rooms" onClick={() => void enter(null)}><BackIcon /></button>
          <div class="title">
            <h2>{other ? "" : "# "}{titleOf(room)}</h2>
            <p class="quiet">
              {other ? (presence.get(other.id)?.online ? "online" : "offline")
                : members.value.length > 0 ? `${members.value.length} ${members.value.length === 1 ? "member" : "members"}, ${online} online` : " "}
            </p>
          </div>
          {(room.kind === "channel" || room.kind === "group") && (
            <button class="round" title={copied ? "Copied" : "Copy the link"} aria-label="Copy the link to this room" onClick={() => void copy()}>
              {copied ? <span class="copied" role="status">✓</span> : <LinkIcon />}
            </button>
          )}
          {!other && (
            <button class="round" title="Members" aria-label="Members" aria-expanded={people} onClick={() => setPeople(!people)}><PeopleIcon /></button>
          )}
        </header>
        <Messages key={room.id} room={room} />
        <TypingLine roomId={room.id} />
        <Composer key={`composer-${room.id}`} room={room} />
      </main>
      {people && !other && <Members room={room} onClose={() => setPeople(false)} onLeave={() => void leave(room.id)} />}
    </>
  );
}
