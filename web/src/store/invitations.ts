// The rooms that others made with the user, and that the user has not joined.
import type { Invitation, ServerEvents } from "@confab/chat";
import { signal } from "@preact/signals";
import type { Connection } from "./connection";
import type { ToastStore } from "./toast";

export class Invitations {
  /** The newest first. */
  readonly all = signal<Invitation[]>([]);

  constructor(
    private readonly connection: Connection,
    private readonly toast: ToastStore,
  ) {}

  /** The invitation to a room, if there is one. */
  to(roomId: string | null): Invitation | undefined {
    return this.all.value.find((i) => i.room.id === roomId);
  }

  replace(all: Invitation[]): void {
    this.all.value = all;
  }

  remove(roomId: string): void {
    if (this.all.peek().some((i) => i.room.id === roomId)) {
      this.all.value = this.all.peek().filter((i) => i.room.id !== roomId);
    }
  }

  /** Declines an invitation, and reports whether that worked. */
  async decline(roomId: string): Promise<boolean> {
    const answer = await this.connection.request("declineInvitation", { roomId });
    if (answer) this.remove(roomId);
    return answer !== null;
  }

  /** Handles invited. It may come twice. */
  readonly invited: ServerEvents["invited"] = ({ invitation }) => {
    if (this.all.peek().some((i) => i.room.id === invitation.room.id)) return;
    this.all.value = [invitation, ...this.all.peek()];
    this.toast.show(`${describeInvitation(invitation)}.`, "info");
  };

  /** Handles invitationDeclined: another device of the user declined. */
  readonly declined: ServerEvents["invitationDeclined"] = ({ roomId }) => this.remove(roomId);
}

/** What an invitation says, as in "Ada invites you to Launch". */
export function describeInvitation({ from, room }: Invitation): string {
  return room.kind === "direct" ? `${from.name} wants to talk with you` : `${from.name} invites you to ${room.name}`;
}
