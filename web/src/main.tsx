// Hooks for browser tests (data-testid):
//   sign-in-name, sign-in-submit, sign-in-oidc, me, sign-out, sign-out-confirm
//   room-list, room-item (data-room-id), new-room, room-name, room-kind (value), room-create,
//   browse, join-room (data-room-id)
//   message-list, message (data-seq, data-state="pending|sent|failed", data-temp-id),
//   retry, discard, jump, composer, send, typing-line
//   members-toggle, members, member (data-user-id), presence (data-online), copy-link, leave
//   connection-banner (data-state="connecting|lost|connected")
import { effect } from "@preact/signals";
import { render } from "preact";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/shell.css";
import "./styles/rooms.css";
import "./styles/conversation.css";
import "./styles/dialog.css";
import { start } from "./store/account";
import { session } from "./store/me";
import { unreadTotal } from "./store/rooms";
import { Shell } from "./ui/Shell";
import { SignIn } from "./ui/SignIn";

function App() {
  return session.value ? <Shell /> : <SignIn />;
}

effect(() => {
  document.title = unreadTotal.value > 0 ? `(${unreadTotal.value}) Confab` : "Confab";
});

start();
render(<App />, document.getElementById("app")!);
