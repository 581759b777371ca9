import type { Kind } from "@confab/chat";
import { useState } from "preact/hooks";
import { Avatar } from "./Avatar";
import { useChat } from "./context";
import { Dialog } from "./Dialog";
import { GroupIcon, HashIcon, LockIcon } from "./Icons";

const kinds = [
  { kind: "channel", name: "Channel", description: "Listed, and open to everyone", Icon: HashIcon },
  { kind: "group", name: "Group", description: "Open to everyone with the invitation link", Icon: GroupIcon },
  { kind: "private", name: "Private", description: "Only for the people you choose now", Icon: LockIcon },
] satisfies { kind: Kind; name: string; description: string; Icon: unknown }[];

export function NewRoom({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [kind, setKind] = useState<Kind>("channel");
  const [invited, setInvited] = useState<string[]>([]);
  const [busy, setBusy] = useState(false);
  const { location, people, rooms } = useChat();
  const known = people.list();

  async function submit(event: Event) {
    event.preventDefault();
    setBusy(true);
    const id = await rooms.create(name.trim(), kind, kind === "private" ? invited : []);
    setBusy(false);
    if (!id) return;
    onClose(); // before the room opens, because an open dialog keeps the focus
    location.goTo(id);
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
          <legend>Who can join</legend>
          {kinds.map(({ kind: k, name, description, Icon }) => (
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
                <Icon />
              </span>
              <span>
                <b>{name}</b>
                <small>{description}</small>
              </span>
            </label>
          ))}
        </fieldset>
        {kind === "private" && (
          <fieldset class="people">
            <legend>People</legend>
            {known.map((p) => (
              <label class="person" key={p.id}>
                <input type="checkbox" checked={invited.includes(p.id)} onChange={() => toggle(p.id)} />
                <Avatar id={p.id} name={p.name} dot />
                <span class="name">{p.name}</span>
              </label>
            ))}
            {known.length > 0 && <p class="quiet">Who shares no room with you is asked first.</p>}
            {known.length === 0 && <p class="quiet">You have not met anyone yet. Join a channel first.</p>}
          </fieldset>
        )}
        <button type="submit" class="primary" data-testid="room-create" disabled={busy || !name.trim()}>
          {busy ? "One moment …" : "Create room"}
        </button>
      </form>
    </Dialog>
  );
}
