// Which room is on the screen. The address holds it; opening a room is a step that
// the browser's Back takes back.
import { signal } from "@preact/signals";
import { hashOf, parseRoute, type Route } from "../core/route";

/** The room on the screen, or null for the list of rooms. */
export const current = signal<string | null>(roomIn(parseRoute(location.hash)));

function roomIn(route: Route): string | null {
  return route.at === "room" ? route.roomId : null;
}

function address(route: Route): string {
  return location.pathname + location.search + hashOf(route);
}

/** Goes to a room, or to the list. */
export function go(roomId: string | null): void {
  if (roomId === current.peek()) return;
  const route: Route = roomId ? { at: "room", roomId } : { at: "rooms" };
  const fromList = current.peek() === null;
  current.value = roomId;
  if (roomId) history.pushState({ fromList }, "", address(route));
  else if ((history.state as { fromList?: boolean } | null)?.fromList) history.back();
  else history.replaceState(null, "", address(route));
}

/** Leaves a room that is no longer there, and its address. */
export function vacate(): void {
  current.value = null;
  history.replaceState(null, "", address({ at: "rooms" }));
}

/** Takes an invitation out of the address, if there is one. */
export function takeInvitation(): string | null {
  const route = parseRoute(location.hash);
  if (route.at !== "invitation") return null;
  history.replaceState(null, "", address({ at: "rooms" }));
  return route.roomId;
}

export function invitationTo(roomId: string): string {
  return location.origin + address({ at: "invitation", roomId });
}

/** Follows the browser's Back and Forward, and invitations that are opened in this tab. */
export function followAddress(invited: () => void): void {
  addEventListener("popstate", () => {
    const route = parseRoute(location.hash);
    if (route.at === "invitation") invited();
    else current.value = roomIn(route);
  });
}
