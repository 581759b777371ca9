// Attributes that browser tests find elements by (data-testid):
//   sign-in-name, sign-in-submit, sign-in-oidc, me, sign-out, sign-out-confirm,
//   sign-out-everywhere
//   room-list, room-item (data-room-id), new-room, room-name, room-kind (value), room-create,
//   browse, join-room (data-room-id)
//   message-list, message (data-seq, data-state="pending|sent|failed", data-temp-id),
//   retry, discard, jump, composer, send, typing-indicator
//   members-toggle, members, member (data-user-id), presence (data-online), copy-link, leave
//   connection-banner (data-state="connecting|lost|connected")
import { effect } from "@preact/signals";
import { render } from "preact";
import "./core/time"; // here, because the first formatter of a page takes long to make
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/shell.css";
import "./styles/rooms.css";
import "./styles/thread.css";
import "./styles/conversation.css";
import "./styles/attachments.css";
import "./styles/dialog.css";
import "./styles/reactions.css";
import "./styles/linkCard.css";
import "./styles/mentions.css";
import "./styles/skeleton.css";
import { sleep, TypedInBrowser } from "@confab/chat";
import { Account } from "./store/account";
import type { OpenTyped } from "./store/chat";
import { Issuer } from "./store/issuer";
import { PageLocation } from "./store/location";

const storage = { local: localStorage, tab: sessionStorage };
const pageLocation = new PageLocation(window);
const openTyped: OpenTyped = (userId, onRefused) => new TypedInBrowser(userId, onRefused);
const account = new Account({ storage, location: pageLocation, issuer: new Issuer(window, storage), openTyped });
await nextTask();
account.resume(); // which connects, while the rest begins
const ui = loadUI();

pageLocation.follow(() => void account.chat.peek()?.acceptInvitation());
addEventListener("storage", (event) => account.handleStorage(event));
document.addEventListener("visibilitychange", () => {
  // After the machine has slept, the connection may be dead without the page knowing.
  const chat = account.chat.peek();
  if (document.visibilityState === "hidden") void chat?.readState.send(); // the page may not come back
  if (chat && document.visibilityState === "visible") chat.connection.probe(chat.me.id);
});

// The browser's window is slow to change.
const titleAfter = 100; // in milliseconds
let title = "";
let changing = false;
effect(() => {
  const unread = account.chat.value?.rooms.totalUnread.value ?? 0;
  title = unread > 0 ? `(${unread}) Confab` : "Confab";
  if (changing) return;
  changing = true;
  setTimeout(() => {
    changing = false;
    if (title !== document.title) document.title = title;
  }, titleAfter);
});

const root = document.getElementById("app");
const { App } = await ui;
root?.replaceChildren(); // what was shown until now
if (root) render(<App account={account} />, root);

/** Loads what the page shows, in steps between which it answers. */
async function loadUI() {
  const { parseMarkdown } = await import("./core/markdown");
  await nextTask();
  parseMarkdown("*The* first text takes long.");
  await nextTask();
  const ui = await import("./ui/App");
  await nextTask();
  return ui;
}

function nextTask(): Promise<void> {
  return sleep(0);
}
