import { useEffect, useRef, useState } from "preact/hooks";
import { useChat } from "./context";

// Connecting is shown only when it takes this long, in milliseconds.
const slowAfter = 1200;

/** Shows that there is no connection. Screen readers also hear when it is back. */
export function ConnectionBanner() {
  const state = useChat().connection.shown.value;
  const [slow, setSlow] = useState(false);
  const wasLost = useRef(false);
  wasLost.current ||= state === "lost";

  useEffect(() => {
    setSlow(false);
    if (state !== "connecting") return;
    const timer = setTimeout(() => setSlow(true), slowAfter);
    return () => clearTimeout(timer);
  }, [state]);

  const text = state === "lost" ? "Connection lost. Reconnecting … Your messages are kept." : "Connecting …";
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
