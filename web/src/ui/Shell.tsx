import { ConnectionBanner } from "./ConnectionBanner";
import { Conversation } from "./Conversation";
import { useChat } from "./context";
import { Sidebar } from "./Sidebar";
import { Toast } from "./Toast";

/** The page of a signed-in user: the rooms on the left, one of them on the right. */
export function Shell() {
  return (
    <div class={useChat().location.roomId.value ? "shell in-room" : "shell"}>
      <header class="spoken">
        <h1>Confab</h1>
      </header>
      <ConnectionBanner />
      <Sidebar />
      <Conversation />
      <Toast />
    </div>
  );
}
