import { useEffect, useRef } from "preact/hooks";
import { useChat } from "./context";
import { AttachIcon, CloseIcon } from "./Icons";

/** The files that go with the next message of a log, with their progress. */
export function AttachmentTray({ log }: { log: string }) {
  const { files } = useChat();
  const entries = files.tray(log).value;
  if (entries.length === 0) return null;
  return (
    <ul class="tray" data-testid="tray" aria-label="Files of the next message">
      {entries.map(({ key, file, progress, done, failed }) => (
        <li key={key} data-testid="tray-file" data-state={done ? "done" : failed ? "failed" : "uploading"}>
          <span class="name">{file.name}</span>
          {!done && !failed && <progress value={progress} max={1} aria-label={`Upload of ${file.name}`} />}
          {failed && (
            <span class="failure" role="alert">
              {failed}{" "}
              <button type="button" class="text" data-testid="retry-upload" onClick={() => files.retry(log, key)}>
                Try again
              </button>
            </span>
          )}
          <button
            type="button"
            class="round"
            data-testid="remove-file"
            aria-label={done ? `Remove ${file.name}` : `Cancel the upload of ${file.name}`}
            onClick={() => files.remove(log, key)}
          >
            <CloseIcon />
          </button>
        </li>
      ))}
    </ul>
  );
}

/** The button that chooses files, if the server takes any. */
export function AttachButton({ log }: { log: string }) {
  const { files } = useChat();
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => files.load(), [files]);
  const limits = files.limits.value;
  if (!limits) return null;
  return (
    <>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        accept={limits.types.join(",")}
        data-testid="file-input"
        onChange={(e) => {
          files.add(log, e.currentTarget.files ?? []);
          e.currentTarget.value = ""; // the same file may be chosen again
        }}
      />
      <button
        type="button"
        class="round"
        aria-label="Attach files"
        data-testid="attach"
        onClick={() => input.current?.click()}
      >
        <AttachIcon />
      </button>
    </>
  );
}
