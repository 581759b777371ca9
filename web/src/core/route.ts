/** What the page shows. The address holds it, so that Back and reload work. */
export type Route =
  | { at: "rooms" }
  | { at: "room"; roomId: string }
  | { at: "message"; roomId: string; seq: number }
  | { at: "invitation"; roomId: string };

const id = /^[A-Za-z0-9_-]{1,128}$/;
const message = /^#\/([A-Za-z0-9_-]{1,128})\/([1-9][0-9]{0,14})$/;

/** Reads the part of an address from the # on. */
export function parseRoute(hash: string): Route {
  if (hash.startsWith("#/") && id.test(hash.slice(2))) return { at: "room", roomId: hash.slice(2) };
  const [, roomId, seq] = message.exec(hash) ?? [];
  if (roomId && seq) return { at: "message", roomId, seq: Number(seq) };
  const invited = new URLSearchParams(hash.slice(1)).get("room") ?? "";
  return id.test(invited) ? { at: "invitation", roomId: invited } : { at: "rooms" };
}

/** Writes the part of an address from the # on; empty for the list of rooms. */
export function hashOf(route: Route): string {
  switch (route.at) {
    case "rooms":
      return "";
    case "room":
      return `#/${route.roomId}`;
    case "message":
      return `#/${route.roomId}/${route.seq}`;
    case "invitation":
      return `#room=${route.roomId}`;
  }
}
