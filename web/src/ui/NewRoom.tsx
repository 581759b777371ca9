import { useState } from "preact/hooks";
import type { Kind } from "../core/types";
import { createRoom, enter } from "../store";
import { Dialog } from "./Dialog";

const kinds: { kind: Kind; name: string; what: string }[] = [
  { kind: "channel", name: "Channel", what: "Listed, and open to everyone" },
  { kind: "group", name: "Group", what: "For whoever has the link" },
];

export function NewRoom({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [kind, setKind] = useState<Kind>("channel");
  const [busy, setBusy] = useState(false);

  async function submit(event: Event) {
    event.preventDefault();
    setBusy(true);
    const id = await createRoom(name, kind);
    setBusy(false);
    if (!id) return;
    onClose(); // first, because an open dialog keeps the focus
    void enter(id);
  }

  return (
    <Dialog title="New room" onClose={onClose}>
      <form onSubmit={submit}>
        <label for="room-name">Name</label>
        <input id="room-name" data-testid="room-name" maxLength={80} required autofocus autocomplete="off"
          value={name} onInput={(e) => setName(e.currentTarget.value)} />
        <fieldset>
          <legend>Kind</legend>
          {kinds.map((k) => (
            <label class="choice" key={k.kind}>
              <input type="radio" name="kind" data-testid="room-kind" value={k.kind} checked={kind === k.kind} onChange={() => setKind(k.kind)} />
              <span><b>{k.name}</b><small>{k.what}</small></span>
            </label>
          ))}
        </fieldset>
        <button class="primary" data-testid="room-create" disabled={busy || !name.trim()}>Create</button>
      </form>
    </Dialog>
  );
}
