import { useState } from "preact/hooks";
import { Avatar } from "./Avatar";
import { Confirm } from "./Confirm";
import { useAccount, useChat } from "./context";
import { ExitIcon } from "./Icons";

const states = { connecting: "Connecting …", connected: "Online", lost: "Reconnecting …" };

/** The signed-in user, at the foot of the list of rooms. */
export function Me() {
  const [asking, setAsking] = useState(false);
  const account = useAccount();
  const { me, connection } = useChat();
  return (
    <footer class="bar me" data-testid="me">
      <Avatar id={me.id} name={me.name} dot />
      <span class="what">
        <span class="name">{me.name}</span>
        <span class="quiet">{account.leaving.value ? "Signing out …" : states[connection.shown.value]}</span>
      </span>
      <button
        type="button"
        class="round"
        title="Sign out"
        aria-label="Sign out"
        data-testid="sign-out"
        disabled={account.leaving.value}
        onClick={() => setAsking(true)}
      >
        <ExitIcon />
      </button>
      {asking && (
        <Confirm
          title="Sign out?"
          action="Sign out"
          testId="sign-out-confirm"
          onConfirm={() => void account.signOut()}
          other={{
            action: "Sign out everywhere",
            testId: "sign-out-everywhere",
            onConfirm: () => void account.signOutEverywhere(),
          }}
          onClose={() => setAsking(false)}
        >
          {account.session.value?.issued
            ? "Your messages stay, and you can sign in again at any time."
            : `You are a guest. Your messages stay, but you cannot sign in as the same ${me.name} again.`}{" "}
          “Sign out everywhere” also ends your sessions on all other devices.
        </Confirm>
      )}
    </footer>
  );
}
