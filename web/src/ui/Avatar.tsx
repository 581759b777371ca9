import { hue, initials } from "../core/person";
import { useChat } from "./context";

/** A user's initials; with `dot`, also whether they are online. */
export function Avatar({ id, name, dot = false }: { id: string; name: string; dot?: boolean }) {
  return (
    <span class="avatar" style={{ "--hue": `${hue(id)}` }}>
      <span aria-hidden="true">{initials(name)}</span>
      {dot && <Dot id={id} />}
    </span>
  );
}

function Dot({ id }: { id: string }) {
  const online = useChat().people.isOnline(id);
  return (
    <span
      class="dot"
      data-testid="presence"
      data-online={String(online)}
      role="img"
      aria-label={online ? "online" : "offline"}
    />
  );
}
