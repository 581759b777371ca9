import { useEffect, useRef, useState } from "preact/hooks";
import { TypingSignal } from "../core/typing";
import type { Room } from "../core/types";
import { send, tellTyping, titleOf } from "../store";
import { SendIcon } from "./Icons";

const maxText = 4000;

/** Where one writes. What is not sent stays with its room. */
export function Composer({ room }: { room: Room }) {
  const key = `confab.draft.${room.id}`;
  const [text, setText] = useState(() => sessionStorage.getItem(key) ?? "");
  const field = useRef<HTMLTextAreaElement>(null);
  const signal = useRef<TypingSignal | null>(null);
  signal.current ??= new TypingSignal((on) => tellTyping(room.id, on));

  useEffect(() => {
    if (matchMedia("(hover: hover)").matches) field.current?.focus();
    return () => signal.current?.stopped();
  }, []);

  useEffect(() => {
    sessionStorage.setItem(key, text);
    const box = field.current!;
    box.style.height = "auto";
    box.style.height = `${Math.min(box.scrollHeight, 160)}px`;
  }, [text]);

  function submit(event?: Event) {
    event?.preventDefault();
    if (!text.trim()) return;
    send(room.id, text.trim());
    setText("");
    signal.current?.stopped();
    field.current?.focus();
  }

  return (
    <form class="composer" onSubmit={submit}>
      <textarea
        ref={field} rows={1} maxLength={maxText} data-testid="composer" aria-label={`Message to ${titleOf(room)}`}
        placeholder={`Message ${titleOf(room)}`} value={text} enterkeyhint="send"
        onInput={(e) => {
          setText(e.currentTarget.value);
          if (e.currentTarget.value) signal.current?.typed();
          else signal.current?.stopped();
        }}
        onBlur={() => signal.current?.stopped()}
        onKeyDown={(e) => e.key === "Enter" && !e.shiftKey && !e.isComposing && submit(e)}
      />
      <button class="send" data-testid="send" aria-label="Send" disabled={!text.trim()}><SendIcon /></button>
    </form>
  );
}
