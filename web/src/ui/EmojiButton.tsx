import type { RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { EmojiPicker } from "./EmojiPicker";
import { SmileIcon } from "./Icons";

interface Props {
  /** The field into which an emoji is put, where its caret is. */
  field: RefObject<HTMLTextAreaElement | null>;
  onChange(text: string): void;
}

/** Puts emojis into a field. */
export function EmojiButton({ field, onChange }: Props) {
  const [open, setOpen] = useState(false);
  const caret = useRef<number | null>(null); // where it belongs when the picker has closed

  useLayoutEffect(() => {
    const { current: box } = field;
    if (open || caret.current === null || !box) return;
    box.focus();
    box.setSelectionRange(caret.current, caret.current);
    caret.current = null;
  });

  function insert(emoji: string) {
    const { current: box } = field;
    if (!box) return;
    const text = box.value.slice(0, box.selectionStart) + emoji + box.value.slice(box.selectionEnd);
    if (text.length > box.maxLength) return;
    caret.current = box.selectionStart + emoji.length;
    onChange(text);
  }

  return (
    <>
      <button
        type="button"
        class="round"
        title="Emoji"
        aria-label="Put in an emoji"
        aria-haspopup="dialog"
        data-testid="composer-emoji"
        onClick={() => setOpen(true)}
      >
        <SmileIcon />
      </button>
      {open && <EmojiPicker onPick={insert} onClose={() => setOpen(false)} />}
    </>
  );
}
