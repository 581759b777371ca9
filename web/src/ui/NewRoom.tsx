import { useState } from "preact/hooks";
import type { Kind } from "../core/protocol";
import { acquaintances } from "../store/people";
import { go } from "../store/place";
import { createRoom } from "../store/rooms";
import { Avatar } from "./Avatar";
import { Dialog } from "./Dialog";
import { GroupIcon, HashIcon, LockIcon } from "./Icons";

const kinds = [
  { kind: "channel", name: "Channel", what: "Listed, and open to everyone", Sign: HashIcon },
  { kind: "group", name: "Group", what: "For whoever has the invitation link", Sign: GroupIcon },
  { kind: "private", name: "Private", what: "Only for the people you choose now", Sign: LockIcon },
] satisfies { kind: Kind; name: string; what: string; Sign: unknown }[];

export function NewRoom({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [kind, setKind] = useState<Kind>("channel");
  const [invited, setInvited] = useState<string[]>([]);
  const [busy, setBusy] = useState(false);
  const people = acquaintances();

  async function submit(event: Event) {
    event.preventDefault();
    setBusy(true);
    const id = await createRoom(name.trim(), kind, kind === "private" ? invited : []);
    setBusy(false);
    if (!id) return;
    onClose(); // first, because an open dialog keeps the focus
    go(id);
  }

  function toggle(id: string) {
    setInvited(invited.includes(id) ? invited.filter((i) => i !== id) : [...invited, id]);
  }

  return (
    <Dialog title="New room" onClose={onClose}>
      <form onSubmit={submit}>
        <label for="room-name">Name</label>
        <input
          id="room-name"
          data-testid="room-name"
          maxLength={80}
          required
          autofocus
          autocomplete="off"
          placeholder="What is it about?"
          value={name}
          onInput={(e) => setName(e.currentTarget.value)}
        />
        <fieldset>
          <legend>Who can come in</legend>
          {kinds.map(({ kind: k, name, what, Sign }) => (
            <label class="choice" key={k}>
              <input
                type="radio"
                name="kind"
                data-testid="room-kind"
                value={k}
                checked={kind === k}
                onChange={() => setKind(k)}
              />
              <span class="sign" aria-hidden="true">
                <Sign />
              </span>
              <span>
                <b>{name}</b>
                <small>{what}</small>
              </span>
            </label>
          ))}
        </fieldset>
        {kind === "private" && (
          <fieldset class="people">
            <legend>People</legend>
            {people.map((p) => (
              <label class="person" key={p.id}>
                <input type="checkbox" checked={invited.includes(p.id)} onChange={() => toggle(p.id)} />
                <Avatar id={p.id} name={p.name} dot />
                <span class="name">{p.name}</span>
              </label>
            ))}
            {people.length === 0 && <p class="quiet">You have not met anybody yet. Join a channel first.</p>}
          </fieldset>
        )}
        <button type="submit" class="primary" data-testid="room-create" disabled={busy || !name.trim()}>
          {busy ? "One moment …" : "Create room"}
        </button>
      </form>
    </Dialog>
  );
}
