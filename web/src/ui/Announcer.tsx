import type { Message, RoomLog, User } from "@confab/chat";
import type { Signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";

// What comes within this time is told together, in milliseconds.
const pause = 700;
// More than these are only counted: nobody can listen to all of them.
const mostRead = 3;

/**
 * Tells screen readers of messages that arrive. The list itself cannot: its rows come and go
 * while it is scrolled.
 */
export function Announcer({ log, version, me }: { log: RoomLog; version: Signal<number>; me: User }) {
  const [lines, setLines] = useState<string[]>([]);
  const told = useRef(log.loaded ? log.head : Infinity);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);

  useEffect(() => {
    const tell = () => {
      timer.current = undefined;
      const from = log.indexOf(told.current + 1);
      told.current = log.head;
      const arrived = log
        .list()
        .slice(from)
        .filter((m) => m.sender.id !== me.id && !m.deletedAt);
      if (arrived.length > mostRead) setLines([`${arrived.length} new messages`]);
      else if (arrived.length > 0) setLines(arrived.map(spoken));
    };
    const stop = version.subscribe(() => {
      // What a first page brings is no news.
      if (told.current === Infinity && log.loaded) told.current = log.head;
      if (log.head > told.current) timer.current ??= setTimeout(tell, pause);
    });
    return () => {
      stop();
      clearTimeout(timer.current);
    };
  }, [log, version, me]);

  return (
    <div class="spoken" role="log" aria-label="New messages" data-testid="announcer">
      {lines.map((line, i) => (
        <p key={`${told.current}.${i}`}>{line}</p>
      ))}
    </div>
  );
}

function spoken({ sender, text }: Message): string {
  return `${sender.name}: ${text}`;
}
