import { hue, initials } from "../core/text";
import { presence, revision } from "../store";

/** Somebody's initials, with a dot that says whether they are online. */
export function Avatar({ id, name, dot = false }: { id: string; name: string; dot?: boolean }) {
  revision.value;
  const online = presence.get(id)?.online ?? false;
  return (
    <span class="avatar" style={{ "--hue": `${hue(id)}` }} aria-hidden={!dot}>
      {initials(name)}
      {dot && <span class="dot" data-testid="presence" data-online={String(online)} role="img" aria-label={online ? "online" : "offline"} />}
    </span>
  );
}
