import { useEffect, useRef, useState } from "preact/hooks";
import { type Emoji, emojiGroups, findEmojis, inTone, skinTones } from "../core/emojis";
import { quickEmojis } from "../core/reactions";
import { canHover } from "./canHover";
import { useChat } from "./context";
import { Dialog } from "./Dialog";
import { EmojiGrid } from "./EmojiGrid";
import { loadEmojis, noteEmoji, recentEmojis, setSkinTone, skinTone } from "./emojiChoice";
import { Tabs } from "./Tabs";

const recent = -1;
const tabs = [
  { id: recent, label: "Recently used", sign: "🕘" },
  ...emojiGroups.map(({ id, name, sign }) => ({ id, label: name, sign })),
];

/** Asks for an emoji. It closes when one is picked. */
export function EmojiPicker({ onPick, onClose }: { onPick(emoji: string): void; onClose(): void }) {
  const { me } = useChat();
  const [all, tryAgain] = useEmojis();
  const [text, setText] = useState("");
  const [tone, setTone] = useState(skinTone);
  const [group, setGroup] = useState(recent);
  const panel = useRef<HTMLDivElement>(null);

  function pick(emoji: string) {
    noteEmoji(me.id, emoji);
    onPick(emoji);
    onClose();
  }

  const found = Array.isArray(all) && text.trim() ? findEmojis(all, text) : undefined;
  const pickable = Array.isArray(all) ? (found ?? inGroup(all, group, me.id)) : [];
  return (
    <Dialog title="Pick an emoji" class="emojis" onClose={onClose}>
      <div class="emoji-search">
        <input
          type="search"
          autofocus={canHover()} // on a phone, the keyboard would cover the emojis
          autocomplete="off"
          maxLength={50}
          aria-label="Find an emoji"
          placeholder="Find an emoji"
          data-testid="find-emoji"
          value={text}
          onInput={(e) => setText(e.currentTarget.value)}
          onKeyDown={(e) => {
            if (e.key === "ArrowDown") panel.current?.querySelector<HTMLElement>("[role=option]")?.focus();
            else if (e.key !== "Enter") return;
            else if (found?.[0]) pick(inTone(found[0], tone));
            e.preventDefault(); // the picker may stand in a form
          }}
        />
        <select
          aria-label="Skin tone"
          title="Skin tone"
          data-testid="skin-tone"
          value={tone}
          onChange={(e) => {
            setTone(Number(e.currentTarget.value));
            setSkinTone(Number(e.currentTarget.value));
          }}
        >
          {skinTones.map((name, i) => (
            <option key={name} value={i} aria-label={name}>
              {i === 0 ? "✋" : `✋${String.fromCodePoint(0x1f3fa + i)}`}
            </option>
          ))}
        </select>
      </div>
      <div ref={panel} class="emoji-panel" data-testid="emoji-picker">
        {all === "loading" ? (
          <p class="edge" role="status">
            <span class="spinner" aria-hidden="true" /> Loading the emojis …
          </p>
        ) : all === "failed" ? (
          <p class="edge" role="alert">
            The emojis could not be loaded.{" "}
            <button type="button" class="text" onClick={tryAgain}>
              Try again
            </button>
          </p>
        ) : found ? (
          <>
            <p class="spoken" role="status">
              {found.length === 0 ? "" : `${found.length} found`}
            </p>
            {found.length === 0 && <p class="edge">No emoji is called so.</p>}
            <EmojiGrid label="Emojis that were found" emojis={pickable} tone={tone} onPick={pick} />
          </>
        ) : (
          <Tabs label="Kinds of emojis" tabs={tabs} chosen={group} testId="emoji-group" onChoose={(id) => setGroup(id)}>
            <EmojiGrid key={group} label="Emojis" emojis={pickable} tone={tone} onPick={pick} />
          </Tabs>
        )}
      </div>
    </Dialog>
  );
}

/** The emojis of a group, or those that were picked lately, in the tone in which they were. */
function inGroup(all: readonly Emoji[], group: number, userId: string): Emoji[] {
  if (group !== recent) return all.filter((e) => e.group === group);
  const kept = [...new Set([...recentEmojis(userId), ...quickEmojis])];
  return kept.flatMap((emoji) => {
    const known = all.find((e) => e.emoji === emoji || Object.values(e.tones).includes(emoji));
    return known ? { ...known, emoji, tones: {} } : [];
  });
}

function useEmojis(): [Emoji[] | "loading" | "failed", () => void] {
  const [all, setAll] = useState<Emoji[] | "loading" | "failed">("loading");
  const load = () => {
    setAll("loading");
    loadEmojis().then(setAll, () => setAll("failed"));
  };
  useEffect(load, []);
  return [all, load];
}
