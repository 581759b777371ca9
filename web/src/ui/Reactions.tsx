import type { Message } from "@confab/chat";
import { useState } from "preact/hooks";
import { type Chip, chipsOf } from "../core/reactions";
import { useChat } from "./context";
import { SmileIcon } from "./Icons";
import { useLongPress } from "./longPress";

/** How a user reacts to a message, and what they are told of it at once. */
export function useReactions(message: Message) {
  const { me, messages } = useChat();
  const [asked, setAsked] = useState<ReadonlyMap<string, boolean>>(new Map());
  const chips = chipsOf(message, me, asked);

  // Shows at once what the server will answer, and takes it back if it refuses.
  async function react(emoji: string, turn: "toggle" | "on") {
    const mine = chips.find((c) => c.emoji === emoji);
    const on = turn === "on" || !(mine ? (mine.mine ?? (await messages.hasReacted(message, emoji))) : false);
    setAsked((now) => new Map(now).set(emoji, on));
    await messages.react(message, emoji, on);
    setAsked((now) => new Map([...now].filter(([other]) => other !== emoji)));
  }
  return { chips, react };
}

interface Props {
  chips: readonly Chip[];
  onToggle(emoji: string): void;
  /** Asks for another emoji. */
  onAdd(): void;
  /** Shows who has reacted with an emoji. */
  onWho(emoji: string): void;
}

/** What people have reacted with, below a message. A click reacts too, or ends that. */
export function Reactions({ chips, onToggle, onAdd, onWho }: Props) {
  if (chips.length === 0) return null;
  return (
    <div class="reactions">
      {chips.map((chip) => (
        <ReactionChip
          key={chip.emoji}
          chip={chip}
          onToggle={() => onToggle(chip.emoji)}
          onWho={() => onWho(chip.emoji)}
        />
      ))}
      <button
        type="button"
        class="chip add"
        aria-label="React with another emoji"
        data-testid="add-reaction"
        onClick={onAdd}
      >
        <SmileIcon size={16} />
      </button>
    </div>
  );
}

function ReactionChip({
  chip: { emoji, count, mine, who },
  onToggle,
  onWho,
}: {
  chip: Chip;
  onToggle(): void;
  onWho(): void;
}) {
  const [quiet, setQuiet] = useState(false); // Escape has closed the names
  const press = useLongPress(onWho);
  return (
    <button
      type="button"
      class={quiet ? "chip" : "chip tells"}
      data-testid="reaction"
      data-tip={who}
      aria-pressed={mine ?? false}
      aria-label={`${emoji} ${count}: ${who}`}
      aria-haspopup="dialog"
      onClick={onToggle}
      onContextMenu={(e) => {
        e.preventDefault();
        onWho();
      }}
      onKeyDown={(e) => {
        if (e.key !== "Escape" || quiet) return;
        setQuiet(true);
        e.stopPropagation(); // it closes nothing else
      }}
      onBlur={() => setQuiet(false)}
      onMouseLeave={() => setQuiet(false)}
      {...press}
    >
      {emoji} {count}
    </button>
  );
}
