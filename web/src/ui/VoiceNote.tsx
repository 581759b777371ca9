import type { Signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useReducer, useRef } from "preact/hooks";
import { noteType, Recorder } from "../core/recorder";
import { clockText } from "../core/time";
import { useChat } from "./context";
import { CheckIcon, CloseIcon, MicrophoneIcon } from "./Icons";

interface Props {
  log: string;
  /** The note that is being recorded for the log. */
  recorder: Signal<Recorder | null>;
}

/** Begins a voice note. */
export function RecordButton({ log, recorder }: Props) {
  const { files, toast } = useChat();
  const present = usePresence();

  async function start() {
    const started = await Recorder.start().catch(() => null);
    if (!started) return toast.show("The microphone cannot be used. Allow it in the settings of the browser.");
    if (!present.current) return started.stop();
    recorder.value = started;
    const note = await started.note();
    if (recorder.peek() !== started) return; // it was thrown away
    recorder.value = null;
    files.add(log, [note.file], note.duration);
  }

  return (
    <button
      type="button"
      class="round"
      title="Voice note"
      aria-label="Record a voice note"
      data-testid="record"
      onClick={() => void start()}
    >
      <MicrophoneIcon />
    </button>
  );
}

/** Whether notes can be recorded here, and are taken. */
export function useRecording(): boolean {
  const { files } = useChat();
  const type = noteType();
  return type !== null && files.takes(type);
}

/** What stands in the place of the field while a note is recorded. */
export function Recording({ recorder }: { recorder: Signal<Recorder | null> }) {
  const [, tick] = useReducer((n: number) => n + 1, 0);
  const current = recorder.value;
  const done = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => done.current?.focus(), []); // before it is seen: Escape may come at once
  useEffect(() => {
    const timer = setInterval(tick, 500, undefined);
    return () => {
      clearInterval(timer);
      throwAway(recorder); // the room was left
    };
  }, [recorder]);
  return (
    <div
      class="field recording"
      data-testid="recording"
      role="group"
      aria-label="Voice note"
      onKeyDown={(e) => {
        if (e.key !== "Escape") return;
        e.preventDefault(); // it closes nothing else
        throwAway(recorder);
      }}
    >
      <button
        type="button"
        class="round"
        aria-label="Throw the voice note away"
        data-testid="cancel-recording"
        onClick={() => throwAway(recorder)}
      >
        <CloseIcon />
      </button>
      <span class="light" aria-hidden="true" />
      <span class="spoken" role="status">
        Recording
      </span>
      <time role="timer" data-testid="recorded">
        {clockText(current?.elapsed ?? 0)}
      </time>
      <button
        ref={done}
        type="button"
        class="send"
        aria-label="End the voice note"
        data-testid="end-recording"
        onClick={() => recorder.peek()?.stop()}
      >
        <CheckIcon />
      </button>
    </div>
  );
}

function throwAway(recorder: Signal<Recorder | null>): void {
  const thrown = recorder.peek();
  recorder.value = null;
  thrown?.stop();
}

/** Whether the component is still in the page. */
function usePresence() {
  const present = useRef(true);
  useEffect(() => {
    present.current = true;
    return () => {
      present.current = false;
    };
  }, []);
  return present;
}
