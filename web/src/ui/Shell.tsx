import { current } from "../store/place";
import { ConnectionBanner } from "./ConnectionBanner";
import { Conversation } from "./Conversation";
import { Sidebar } from "./Sidebar";
import { Toast } from "./Toast";

/** The page of somebody who is signed in: rooms on the left, one of them on the right. */
export function Shell() {
  return (
    <div class={current.value ? "shell in-room" : "shell"}>
      <ConnectionBanner />
      <Sidebar />
      <Conversation />
      <Toast />
    </div>
  );
}
