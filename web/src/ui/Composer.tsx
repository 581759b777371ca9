import type { Room } from "@confab/chat";
import { logOf, TypingSignal } from "@confab/chat";
import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Recorder } from "../core/recorder";
import { AttachButton, AttachmentTray } from "./AttachmentTray";
import { canHover } from "./canHover";
import { useChat } from "./context";
import { EmojiButton } from "./EmojiButton";
import { CloseIcon, SendIcon } from "./Icons";
import { Quote } from "./Quote";
import { useDraft } from "./useDraft";
import { useMentioning } from "./useMentioning";
import { RecordButton, Recording, useRecording } from "./VoiceNote";

export const maxText = 4000;
const warnAt = 3800;
const maxHeight = 180; // in pixels; a longer text scrolls

/** The field for a new message, of a room or of the thread below one of its messages. Text that is not sent stays there. */
export function Composer({ room, threadOf }: { room: Room; threadOf?: number }) {
  const { drafts, files, mentions, messages, people, rooms } = useChat();
  const title = threadOf === undefined ? rooms.titleOf(room) : "the thread";
  const log = logOf({ roomId: room.id, threadOf });
  const { replyTo } = messages.viewOf(log);
  const answered = replyTo.value;
  const attached = files.tray(log).value;
  const [text, setText] = useDraft(log);
  const recorder = useSignal<Recorder | null>(null);
  const recordable = useRecording();
  const sendable = attached.every((f) => f.done) && (text.trim() !== "" || attached.length > 0);
  const field = useRef<HTMLTextAreaElement>(null);
  const mentioning = useMentioning({ field, text, people: () => mentions.possibleIn(room.id), onChange: setText });
  const signal = useRef<TypingSignal | null>(null);
  signal.current ??= new TypingSignal((on) => threadOf === undefined && people.sendTyping(room.id, on));

  useLayoutEffect(() => {
    // On a phone, the focus would open the keyboard over the messages.
    // A message of this list, to which a link has led, keeps it.
    const shown = document.activeElement?.closest("[data-seq]");
    const led = shown && field.current?.form?.parentElement?.contains(shown);
    if (!led && canHover()) field.current?.focus();
  }, []);
  useEffect(() => () => signal.current?.stopped(), []);
  // Before the quote is painted: Escape must reach the field from the moment that it is seen.
  useLayoutEffect(() => {
    if (answered) field.current?.focus();
  }, [answered]);

  useLayoutEffect(() => {
    const box = field.current;
    if (!box) return;
    // While the field is measured, the list above must not grow: it would lose its place at the end.
    const around = box.form as HTMLFormElement;
    around.style.minHeight = `${around.offsetHeight}px`;
    box.style.height = "auto";
    box.style.height = `${Math.min(box.scrollHeight + box.offsetHeight - box.clientHeight, maxHeight)}px`;
    around.style.minHeight = "";
  }, [text]);

  function submit(event: Event) {
    event.preventDefault();
    if (!sendable) return;
    messages.send(log, text.trim(), files.take(log), mentioning.mentioned(text));
    setText("");
    mentioning.reset();
    signal.current?.stopped();
    field.current?.focus();
  }

  return (
    <form
      class="composer"
      onSubmit={submit}
      onDragOver={(e) => e.preventDefault()}
      onDrop={(e) => {
        e.preventDefault();
        files.add(log, e.dataTransfer?.files ?? []);
      }}
      onPaste={(e) => {
        const pasted = e.clipboardData?.files;
        // Text that was copied from a document comes with a picture of it.
        if (!pasted?.length || e.clipboardData?.getData("text/plain")) return;
        e.preventDefault();
        files.add(log, pasted);
      }}
    >
      {answered && (
        <div class="answering" data-testid="answering">
          <Quote message={answered} />
          <button
            type="button"
            class="round"
            aria-label="Do not reply"
            data-testid="cancel-reply"
            onClick={() => {
              replyTo.value = null;
              field.current?.focus();
            }}
          >
            <CloseIcon />
          </button>
        </div>
      )}
      <AttachmentTray log={log} />
      {recorder.value && <Recording recorder={recorder} />}
      <div class="field" hidden={recorder.value !== null}>
        {mentioning.list}
        <AttachButton log={log} />
        <textarea
          {...mentioning.field}
          ref={field}
          rows={1}
          maxLength={maxText}
          data-testid="composer"
          aria-label={`Message to ${title}`}
          placeholder={`Message ${title}`}
          value={text}
          enterkeyhint="send"
          onInput={(e) => {
            setText(e.currentTarget.value);
            mentioning.look();
            if (e.currentTarget.value.trim()) signal.current?.typed();
            else signal.current?.stopped();
          }}
          onBlur={() => {
            mentioning.field.onBlur();
            signal.current?.stopped();
            drafts.leave(log);
          }}
          onKeyDown={(e) => {
            if (mentioning.handleKey(e)) return;
            if (e.key === "Escape" && answered) {
              replyTo.value = null;
              e.preventDefault(); // it closes nothing else
            }
            // 229 is what Safari sends for the Enter that ends a composition.
            if (e.key === "Enter" && !e.shiftKey && !e.isComposing && e.keyCode !== 229) submit(e);
          }}
        />
        {text.length > warnAt && (
          <span class="left" role="status">
            {maxText - text.length} left
          </span>
        )}
        <EmojiButton field={field} onChange={setText} />
        {recordable && attached.length === 0 && text === "" && <RecordButton log={log} recorder={recorder} />}
        <button type="submit" class="send" data-testid="send" aria-label="Send" disabled={!sendable}>
          <SendIcon />
        </button>
      </div>
    </form>
  );
}
