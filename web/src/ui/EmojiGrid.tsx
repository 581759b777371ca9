import { useRef, useState } from "preact/hooks";
import { type Emoji, inTone } from "../core/emojis";

interface Props {
  label: string;
  emojis: readonly Emoji[];
  tone: number;
  onPick(emoji: string): void;
}

/** Emojis to pick from. Tab leads to one of them, and the arrow keys to the others. */
export function EmojiGrid({ label, emojis, tone, onPick }: Props) {
  const [stop, setStop] = useState(0);
  const grid = useRef<HTMLDivElement>(null);
  if (emojis.length === 0) return null;
  const current = Math.min(stop, emojis.length - 1);

  function handleKey(event: KeyboardEvent) {
    const all = [...(grid.current?.children ?? [])] as HTMLElement[];
    const top = all[0]?.offsetTop;
    const columns = Math.max(1, all.filter((e) => e.offsetTop === top).length);
    const steps: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns };
    const ends: Record<string, number> = { Home: 0, End: all.length - 1 };
    const to = ends[event.key] ?? current + (steps[event.key] ?? Number.NaN);
    if (Number.isNaN(to)) return;
    event.preventDefault();
    if (!all[to]) return;
    setStop(to);
    all[to].focus();
  }

  return (
    <div ref={grid} class="emoji-grid" role="listbox" aria-label={label} onKeyDown={handleKey}>
      {emojis.map((e, i) => (
        <button
          key={e.emoji}
          type="button"
          role="option"
          aria-selected={false}
          aria-label={e.name}
          title={e.name}
          tabIndex={i === current ? 0 : -1}
          data-testid="emoji"
          onClick={() => onPick(inTone(e, tone))}
        >
          {inTone(e, tone)}
        </button>
      ))}
    </div>
  );
}
