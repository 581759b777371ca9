import { useEffect, useState } from "preact/hooks";
import { current } from "../store/place";
import { currentRoom, listed, titleOf } from "../store/rooms";
import { Composer } from "./Composer";
import { Mark } from "./Icons";
import { Members } from "./Members";
import { Messages } from "./Messages";
import { RoomHeader } from "./RoomHeader";
import { TypingLine } from "./TypingLine";

/** The room on the screen, if there is one. */
export function Conversation() {
  const [people, setPeople] = useState(false);
  const room = currentRoom.value;

  useEffect(() => {
    // Where the members lie over the messages, they would hide what one came for.
    if (matchMedia("(max-width: 1040px)").matches) setPeople(false);
  }, [room?.id]);

  if (!room) {
    const coming = current.value !== null && !listed.value;
    return (
      <main class="conversation empty" aria-label="No room chosen" aria-busy={coming}>
        {!coming && (
          <>
            <Mark size={64} />
            <p class="lead">Pick a room, or open one.</p>
            <p class="quiet">Everybody sees the same messages in the same order, now and later.</p>
          </>
        )}
      </main>
    );
  }
  const shown = people && room.kind !== "direct";
  return (
    <>
      <main class="conversation" aria-label={titleOf(room)}>
        <RoomHeader room={room} people={shown} onPeople={() => setPeople(!people)} />
        <Messages key={room.id} room={room} />
        <TypingLine roomId={room.id} />
        <Composer key={`composer-${room.id}`} room={room} />
      </main>
      {shown && <Members room={room} onClose={() => setPeople(false)} />}
    </>
  );
}
