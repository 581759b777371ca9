import { partsOf } from "@confab/chat";
import { useEffect, useState } from "preact/hooks";
import { Composer } from "./Composer";
import { useChat } from "./context";
import { Logo } from "./Icons";
import { Members } from "./Members";
import { MessageList } from "./MessageList";
import { Outside } from "./Outside";
import { RoomHeader } from "./RoomHeader";
import { MessagesToCome } from "./Skeleton";
import { Thread } from "./Thread";
import { TypingIndicator } from "./TypingIndicator";

/** The room on the screen, if there is one. */
export function Conversation() {
  const { location, rooms, threads } = useChat();
  const [membersOpen, setMembersOpen] = useState(false);
  const room = rooms.current.value;

  useEffect(() => {
    // On a narrow screen the members would cover the messages.
    if (matchMedia("(max-width: 1040px)").matches) setMembersOpen(false);
  }, [room?.id]);

  useEffect(() => {
    if (threads.shown.value) setMembersOpen(false);
  }, [threads.shown.value]);

  if (!room) {
    const shown = location.roomId.value;
    if (shown && rooms.listed.value) return <Outside key={shown} roomId={shown} />;
    if (shown)
      return (
        <main class="conversation" aria-label="A room that is loading" aria-busy="true">
          <div class="bar" aria-hidden="true">
            <i class="bar-to-come" />
          </div>
          <MessagesToCome />
        </main>
      );
    return (
      <main class="conversation empty" aria-label="No room chosen">
        <Logo size={64} />
        <p class="lead">Pick a room, or create one.</p>
        <p class="quiet">Everybody sees the same messages in the same order.</p>
      </main>
    );
  }
  const shown = membersOpen && room.kind !== "direct";
  const thread = threads.shown.value;
  const { threadOf } = partsOf(thread?.startsWith(`${room.id}.`) ? thread : room.id);
  return (
    <>
      <main class="conversation" aria-label={rooms.titleOf(room)}>
        <RoomHeader
          room={room}
          membersOpen={shown}
          onToggleMembers={() => {
            threads.close(); // there is place for one of them
            setMembersOpen(!membersOpen);
          }}
        />
        <MessageList key={room.id} room={room} />
        <TypingIndicator roomId={room.id} />
        <Composer key={`composer-${room.id}`} room={room} />
      </main>
      {threadOf !== undefined && <Thread key={`thread-${room.id}`} room={room} seq={threadOf} />}
      {shown && <Members room={room} onClose={() => setMembersOpen(false)} />}
    </>
  );
}
