import { useState } from "preact/hooks";
import { signOut } from "../store/account";
import { connection } from "../store/line";
import { session } from "../store/me";
import { Avatar } from "./Avatar";
import { Confirm } from "./Confirm";
import { ExitIcon } from "./Icons";

const states = { connecting: "Connecting …", connected: "Online", lost: "Reconnecting …" };

/** Oneself, at the foot of the list of rooms. */
export function Me() {
  const [leaving, setLeaving] = useState(false);
  const me = session.value?.user;
  if (!me) return null;
  return (
    <footer class="bar me" data-testid="me">
      <Avatar id={me.id} name={me.name} dot />
      <span class="what">
        <span class="name">{me.name}</span>
        <span class="quiet">{states[connection.value]}</span>
      </span>
      <button
        type="button"
        class="round"
        title="Sign out"
        aria-label="Sign out"
        data-testid="sign-out"
        onClick={() => setLeaving(true)}
      >
        <ExitIcon />
      </button>
      {leaving && (
        <Confirm
          title="Sign out?"
          action="Sign out"
          testId="sign-out-confirm"
          onConfirm={() => signOut()}
          onClose={() => setLeaving(false)}
        >
          {session.value?.issued
            ? "Your messages stay, and you can come back at any time."
            : `You are here as a guest. Your messages stay, but you cannot come back as the same ${me.name}.`}
        </Confirm>
      )}
    </footer>
  );
}
