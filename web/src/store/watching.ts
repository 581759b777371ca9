// The rooms whose people the page shows, and of whose coming and going the server tells it.
import type { RequestOf, ResponseOf } from "@confab/chat";
import type { Connection } from "./connection";
import type { People } from "./people";

type Watch = RequestOf<"watch">;
type Synced = ResponseOf<"sync">;

/** How many rooms the server lets a connection watch. */
const maxWatched = 30;

export class Watching {
  private wanted: string[] = [];
  /** The rooms that this connection watches. */
  private watched: string[] = [];
  private busy = true; // until the sync of a connection has been answered
  private epoch = 0; // grows with every connection
  private refused = ""; // the rooms that the server refused last

  /** onRefused is called when the user is not in all of the rooms: their list is not up to date. */
  constructor(
    private readonly connection: Connection,
    private readonly people: People,
    private readonly onRefused: () => void,
  ) {}

  /** Watches these rooms and no others. The first are the most important. */
  watch(roomIds: string[]): void {
    this.wanted = roomIds.slice(0, maxWatched);
    void this.send();
  }

  /** Starts again: a new connection watches nothing. */
  reset(): void {
    this.epoch++;
    this.watched = [];
    this.busy = true;
    this.refused = "";
  }

  /**
   * Returns what the first sync of a connection asks, and what takes its answer. Of the people of the room on the screen the
   * answer tells anyway.
   */
  begin(shown: string | undefined, others: string[]): { watch?: Watch; take(answer: Synced | null): void } {
    const { epoch } = this;
    const ids = new Set(shown === undefined ? others : [shown, ...others]);
    const roomIds = [...ids].slice(0, maxWatched);
    const take = (answer: Synced | null) => {
      if (this.epoch !== epoch) return;
      this.busy = false;
      if (answer?.watch) {
        this.watched = roomIds.filter((id) => !answer.gone.includes(id));
        this.people.setPresences(answer.watch.users);
      }
      void this.send();
    };
    if (roomIds.length === 0) return { take };
    return { watch: { roomIds, tell: roomIds.filter((id) => id !== shown) }, take };
  }

  // One request at a time, because the server may handle two in any order.
  private async send(): Promise<void> {
    const { epoch } = this;
    while (!this.busy && !sameItems(this.wanted, this.watched) && this.refused !== String(this.wanted)) {
      const roomIds = this.wanted;
      const tell = roomIds.filter((id) => !this.watched.includes(id));
      this.busy = true;
      const answer = await this.connection.requestWhileConnected("watch", { roomIds, tell });
      if (this.epoch !== epoch) return;
      this.busy = false;
      if (answer) {
        this.watched = roomIds;
        this.people.setPresences(answer.users);
      } else {
        this.refused = String(roomIds);
        this.onRefused();
      }
    }
  }
}

function sameItems(a: string[], b: string[]): boolean {
  return a.length === b.length && a.every((item) => b.includes(item));
}
