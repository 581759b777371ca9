import type { Message } from "@confab/chat";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { maxText } from "./Composer";
import { useChat } from "./context";
import { useMentioning } from "./useMentioning";

/** The field in which a message is edited, in its place. Enter saves, Escape cancels. */
export function MessageEditor({ message, onClose }: { message: Message; onClose: () => void }) {
  const { mentions, messages } = useChat();
  const [text, setText] = useState(message.text);
  const [saving, setSaving] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  // The message as it was when editing began: if another device edits it too, the server tells.
  const original = useRef(message);
  const mentioning = useMentioning({
    field,
    text,
    people: () => mentions.possibleIn(message.roomId),
    chosen: mentions.namesIn(message),
    onChange: setText,
  });

  useLayoutEffect(() => {
    field.current?.focus();
    field.current?.setSelectionRange(text.length, text.length);
  }, []);

  async function save() {
    const wanted = text.trim();
    if (!wanted || saving) return;
    if (wanted === original.current.text) return onClose();
    setSaving(true);
    if (await messages.edit(original.current, wanted, mentioning.mentioned(wanted))) return onClose();
    setSaving(false); // the text stays, so that nothing typed is lost
    field.current?.focus();
  }

  return (
    <form
      class="editor"
      onSubmit={(e) => {
        e.preventDefault();
        void save();
      }}
      onKeyDown={(e) => {
        if (mentioning.handleKey(e)) return;
        if (e.key === "Escape") onClose();
        else if (e.key === "Enter" && !e.shiftKey && !e.isComposing && e.keyCode !== 229) void save();
        else return;
        e.preventDefault();
      }}
    >
      <textarea
        {...mentioning.field}
        ref={field}
        rows={Math.min(8, text.split("\n").length)}
        maxLength={maxText}
        aria-label="Edit the message"
        data-testid="editor"
        value={text}
        readOnly={saving}
        onInput={(e) => {
          setText(e.currentTarget.value);
          mentioning.look();
        }}
      />
      {mentioning.list}
      <div class="actions">
        <button type="button" class="text" onClick={onClose}>
          Cancel
        </button>
        <button type="submit" class="text" data-testid="save" disabled={!text.trim() || saving}>
          {saving ? "Saving …" : "Save"}
        </button>
      </div>
    </form>
  );
}
