// Which room the page shows. The address holds it. Opening a room is a step that the
// browser's Back takes back.
import { type Signal, signal } from "@preact/signals";
import { hashOf, parseRoute, type Route } from "../core/route";
import { Layers } from "./layers";

/** What a PageLocation uses of the browser's window. */
export type LocationWindow = Pick<Window, "location" | "history" | "addEventListener">;

export class PageLocation {
  /** The room on the screen, or null for the list of rooms. */
  readonly roomId: Signal<string | null>;
  /** The position in that room to which a link has led, until somebody takes it. */
  readonly linkedTo: Signal<number | null>;

  private readonly layers: Layers;

  constructor(private readonly window: LocationWindow) {
    this.layers = new Layers(window.history);
    const { route } = this;
    this.roomId = signal(roomIn(route));
    this.linkedTo = signal(route.at === "message" ? route.seq : null);
    if (route.at === "message") this.forgetMessage(route.roomId);
  }

  // The address is the room's again: a reload shows what is new there.
  private forgetMessage(roomId: string): void {
    this.window.history.replaceState(this.window.history.state, "", this.addressOf({ at: "room", roomId }));
  }

  private get route(): Route {
    return parseRoute(this.window.location.hash);
  }

  private addressOf(route: Route): string {
    const { pathname, search } = this.window.location;
    return pathname + search + hashOf(route);
  }

  /** Opens a room, or the list. */
  goTo(roomId: string | null): void {
    const before = this.roomId.peek();
    if (roomId === before) return;
    if (this.layers.travelling) {
      this.layers.afterTravel(() => this.goTo(roomId));
      return;
    }
    const { history } = this.window;
    const route: Route = roomId ? { at: "room", roomId } : { at: "rooms" };
    this.roomId.value = roomId;
    // The room takes the place of what was open over the other one.
    if (this.layers.abandon()) history.replaceState({ fromList: before === null }, "", this.addressOf(route));
    else if (roomId) history.pushState({ fromList: before === null }, "", this.addressOf(route));
    else if ((history.state as { fromList?: boolean } | null)?.fromList) history.back();
    else history.replaceState(null, "", this.addressOf(route));
  }

  /**
   * Makes Back close something that opens over the room, such as a dialog. Call what is
   * returned when it has closed, in whatever way.
   */
  openLayer(close: () => void): () => void {
    return this.layers.open(close, this.addressOf(this.route));
  }

  /** Leaves a room that no longer exists, and removes its address. */
  leaveRoom(): void {
    this.roomId.value = null;
    this.window.history.replaceState(null, "", this.addressOf({ at: "rooms" }));
  }

  /** Removes an invitation from the address and returns its room, or null if there is none. */
  takeInvitation(): string | null {
    const { route } = this;
    if (route.at !== "invitation") return null;
    this.window.history.replaceState(null, "", this.addressOf({ at: "rooms" }));
    return route.roomId;
  }

  invitationTo(roomId: string): string {
    return this.window.location.origin + this.addressOf({ at: "invitation", roomId });
  }

  /** The address of a message. */
  linkTo(roomId: string, seq: number): string {
    return this.window.location.origin + this.addressOf({ at: "message", roomId, seq });
  }

  /** Follows the browser's Back and Forward, and invitations that are opened in this tab. */
  follow(onInvitation: () => void): void {
    this.window.addEventListener("popstate", () => {
      const { route } = this;
      if (route.at === "message") {
        this.forgetMessage(route.roomId);
        this.linkedTo.value = route.seq;
      }
      const shown = this.roomId.peek();
      const sameRoom = route.at !== "invitation" && roomIn(route) === shown;
      const handled = this.layers.popped(() => {
        const here: Route = shown ? { at: "room", roomId: shown } : { at: "rooms" };
        if (!sameRoom) this.window.history.replaceState(null, "", this.addressOf(here));
      });
      if (handled === "own" || (handled === "closed" && sameRoom)) return;
      if (route.at === "invitation") onInvitation();
      else this.roomId.value = roomIn(route);
    });
  }
}

function roomIn(route: Route): string | null {
  return route.at === "room" || route.at === "message" ? route.roomId : null;
}
