import type { Message, Room } from "@confab/chat";
import { useId, useState } from "preact/hooks";
import { dayStart, sameDay } from "../core/time";
import { useChat } from "./context";

// The first of a page may be positions without a message.
const limit = 20;

/** Leads to the first message of a day. `onFound` is called with it, before the room is left for it. */
export function ToDay({ room, onFound }: { room: Room; onFound: () => void }) {
  const chat = useChat();
  const [day, setDay] = useState("");
  const [state, setState] = useState<"" | "waiting" | "none">("");
  const id = useId();

  async function go(event: Event) {
    event.preventDefault();
    const start = dayStart(day);
    if (!start || state === "waiting") return;
    setState("waiting");
    const since = start.toISOString();
    const answer = await chat.connection.request("history", { roomId: room.id, since, limit });
    const first: Message | undefined = answer?.messages[0];
    setState(answer && !first ? "none" : "");
    if (!first) return;
    onFound();
    if (!sameDay(first.sentAt, since)) chat.toast.show("Nothing was said on that day. This came next.", "info");
    await chat.showMessage(room.id, first.seq);
  }

  return (
    <form class="to-day" onSubmit={go}>
      <label for={id}>Go to a day</label>
      <input
        id={id}
        type="date"
        required
        data-testid="day"
        value={day}
        onInput={(e) => {
          setDay(e.currentTarget.value);
          setState("");
        }}
      />
      <button type="submit" class="secondary" data-testid="go-to-day" disabled={!day || state === "waiting"}>
        Go
      </button>
      <p class="quiet" role="status" data-testid="day-state">
        {state === "none" && "Nothing was said on that day, or since."}
      </p>
    </form>
  );
}
