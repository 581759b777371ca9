import type { Message } from "@confab/chat";
import { useState } from "preact/hooks";
import { type Chip, chipsOf, quickEmojis } from "../core/reactions";
import { useChat } from "./context";

/** What people have reacted with, below a message. A click reacts too, or ends that. */
export function Reactions({ message, picking, onPicked }: { message: Message; picking: boolean; onPicked(): void }) {
  const { me, messages } = useChat();
  const [asked, setAsked] = useState<ReadonlyMap<string, boolean>>(new Map());
  const chips = chipsOf(message, me, asked);

  // Shows at once what the server will answer, and takes it back if it refuses.
  async function toggle(emoji: string, mine: boolean | undefined) {
    const on = !(mine ?? (await messages.hasReacted(message, emoji)));
    setAsked((now) => new Map(now).set(emoji, on));
    await messages.react(message, emoji, on);
    setAsked((now) => new Map([...now].filter(([other]) => other !== emoji)));
  }

  if (chips.length === 0 && !picking) return null;
  return (
    <div class="reactions">
      {chips.map((chip) => (
        <ReactionChip key={chip.emoji} chip={chip} onToggle={() => void toggle(chip.emoji, chip.mine)} />
      ))}
      {picking && (
        <span class="picker" role="group" aria-label="React with">
          {quickEmojis.map((emoji, i) => (
            <button
              key={emoji}
              type="button"
              class="chip"
              data-testid="quick-reaction"
              ref={(b) => {
                if (i === 0 && b && !b.parentElement?.contains(document.activeElement)) b.focus();
              }}
              onKeyDown={(e) => e.key === "Escape" && onPicked()}
              onClick={() => {
                onPicked();
                void toggle(emoji, chips.find((c) => c.emoji === emoji)?.mine ?? false);
              }}
            >
              {emoji}
            </button>
          ))}
        </span>
      )}
    </div>
  );
}

function ReactionChip({ chip: { emoji, count, mine, who }, onToggle }: { chip: Chip; onToggle(): void }) {
  return (
    <button
      type="button"
      class="chip"
      data-testid="reaction"
      aria-pressed={mine ?? false}
      aria-label={`${emoji} ${count}: ${who}`}
      title={who}
      onClick={onToggle}
    >
      {emoji} {count}
    </button>
  );
}
