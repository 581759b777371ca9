import { connection, current, problem } from "../store";
import { Conversation } from "./Conversation";
import { Sidebar } from "./Sidebar";

/** The page of somebody who is signed in: rooms on the left, one of them on the right. */
export function Shell() {
  const state = connection.value;
  return (
    <div class={current.value ? "shell in-room" : "shell"}>
      <div class="banner" role="status" data-testid="connection-banner" data-state={state} hidden={state === "connected"}>
        <span class="spinner" aria-hidden="true" />
        {state === "connecting" ? "Connecting …" : "The connection is lost. Reconnecting; what you write is kept."}
      </div>
      <Sidebar />
      <Conversation />
      {problem.value && (
        <div class="toast" role="alert">
          {problem.value}
          <button class="text" onClick={() => (problem.value = "")}>Dismiss</button>
        </div>
      )}
    </div>
  );
}
