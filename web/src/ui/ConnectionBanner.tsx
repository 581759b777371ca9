import { useEffect, useRef, useState } from "preact/hooks";
import { connection } from "../store/line";

// Connecting usually takes no time that is worth a word.
const patience = 1200;

/** Says when there is no connection; aloud also when it is back. */
export function ConnectionBanner() {
  const state = connection.value;
  const [slow, setSlow] = useState(false);
  const wasLost = useRef(false);
  wasLost.current ||= state === "lost";

  useEffect(() => {
    setSlow(false);
    if (state !== "connecting") return;
    const timer = setTimeout(() => setSlow(true), patience);
    return () => clearTimeout(timer);
  }, [state]);

  const text = state === "lost" ? "Connection lost. Reconnecting; what you write is kept." : "Connecting …";
  return (
    <>
      <div
        class="banner"
        data-testid="connection-banner"
        data-state={state}
        hidden={state === "connected" || (state === "connecting" && !slow)}
      >
        <span class="spinner" aria-hidden="true" />
        <span aria-hidden="true">{text}</span>
      </div>
      <p class="spoken" role="status">
        {state === "lost" || slow ? text : wasLost.current && state === "connected" ? "Connected again." : ""}
      </p>
    </>
  );
}
