import type { FoundIn, Message, RequestOf, Room } from "@confab/chat";
import { useEffect, useState } from "preact/hooks";
import { useChat } from "./context";
import { Dialog } from "./Dialog";
import { MessageLinks } from "./MessageLinks";
import { ToDay } from "./ToDay";

// Nothing is asked while somebody types on, in milliseconds.
const pause = 250;

interface Props {
  /** The room to look through; all of the user's if it is missing. */
  room?: Room;
  /** What to search at first. */
  text?: string;
  onClose: () => void;
}

/** Finds messages by their words. Of a room it shows what is pinned until something is searched. */
export function Find({ room, text: first = "", onClose }: Props) {
  const [text, setText] = useState(first);
  const search = useSearch(text.trim(), room?.id);
  return (
    <Dialog title={room ? "Find in this room" : "Find messages"} onClose={onClose}>
      <input
        type="search"
        autofocus
        autocomplete="off"
        maxLength={200}
        aria-label="Words of a message"
        placeholder="Words of a message"
        data-testid="find"
        value={text}
        onInput={(e) => setText(e.currentTarget.value)}
      />
      {text.trim() ? (
        <Results search={search} text={text} showRoom={!room} onClose={onClose} />
      ) : (
        room && (
          <>
            <ToDay room={room} onFound={onClose} />
            <Pinned roomId={room.id} onClose={onClose} />
          </>
        )
      )}
    </Dialog>
  );
}

interface SearchState {
  found: readonly FoundIn[];
  /** Whether there is more to look through. */
  more: boolean;
  state: "waiting" | "done" | "failed";
  goOn(): void;
}

/** What was found until now, and where to go on with other rooms. */
type Result = Pick<SearchState, "found" | "state"> & { next?: string | undefined };

function useSearch(text: string, roomId: string | undefined): SearchState {
  const { connection } = useChat();
  const [result, setResult] = useState<Result>({ found: [], state: "waiting" });

  async function ask(request: Partial<RequestOf<"search">>, earlier: readonly FoundIn[]) {
    setResult((r) => ({ ...r, state: "waiting" }));
    const answer = await connection.requestWhileConnected("search", { text, ...(roomId && { roomId }), ...request });
    return answer
      ? { found: join(earlier, answer.rooms), next: answer.next, state: "done" as const }
      : { found: earlier, state: "failed" as const };
  }

  useEffect(() => {
    let current = true;
    setResult({ found: [], state: "waiting" });
    const timer = setTimeout(async () => {
      const result = await ask({}, []);
      if (current) setResult(result);
    }, pause);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [text, roomId]);

  const [inRoom] = roomId ? result.found : [];
  const rest = roomId ? restOf(inRoom) : result.next ? { afterRoom: result.next } : null;
  return { ...result, more: rest !== null, goOn: () => void (rest && ask(rest, result.found).then(setResult)) };
}

// Where to go on in a room, if anywhere.
function restOf({ before, beforeReply }: Partial<FoundIn> = {}): Partial<RequestOf<"search">> | null {
  if (before === undefined && beforeReply === undefined) return null;
  return { ...(before !== undefined && { before }), ...(beforeReply !== undefined && { beforeReply }) };
}

// One room goes on where it ended; of all rooms come others.
function join(earlier: readonly FoundIn[], more: readonly FoundIn[]): FoundIn[] {
  const joined = new Map(earlier.map((f) => [f.roomId, f]));
  for (const f of more) {
    const { messages = [], replies = [] } = joined.get(f.roomId) ?? {};
    joined.set(f.roomId, { ...f, messages: [...messages, ...f.messages], replies: [...replies, ...f.replies] });
  }
  return [...joined.values()];
}

function Results({
  search: { found, more, state, goOn },
  text,
  showRoom,
  onClose,
}: {
  search: SearchState;
  text: string;
  showRoom: boolean;
  onClose: () => void;
}) {
  const messages = found.flatMap((f) => [...f.messages, ...f.replies]).sort((a, b) => b.sentAt.localeCompare(a.sentAt));
  return (
    <>
      <p class="quiet found" role="status" data-testid="find-state">
        {status(state, messages.length)}
      </p>
      <MessageLinks messages={messages} text={text} showRoom={showRoom} onClose={onClose} />
      {more && state === "done" && (
        <button type="button" class="secondary" data-testid="find-more" onClick={goOn}>
          Look further
        </button>
      )}
    </>
  );
}

function status(state: SearchState["state"], count: number): string {
  if (state === "failed") return "This could not be searched. Use letters or digits, and try again.";
  if (state === "waiting") return "Searching…";
  return count === 0 ? "No message has these words." : `${count} ${count === 1 ? "message" : "messages"}`;
}

function Pinned({ roomId, onClose }: { roomId: string; onClose: () => void }) {
  const { connection } = useChat();
  const [pins, setPins] = useState<Message[] | null>(null);
  useEffect(() => {
    void connection.requestWhileConnected("pins", { roomId }).then((answer) => setPins(answer?.messages ?? []));
  }, [connection, roomId]);
  if (!pins) return null;
  return (
    <>
      <p class="quiet found">{pins.length === 0 ? "No message is pinned here." : "Pinned messages"}</p>
      <MessageLinks messages={pins} text="" showRoom={false} onClose={onClose} />
    </>
  );
}
