import type { Chat } from "../store/chat";

/** Copies a room's invitation link, or shows it where the browser forbids copying. */
export async function copyInvitation({ location, toast }: Chat, roomId: string): Promise<void> {
  const link = location.invitationTo(roomId);
  try {
    await navigator.clipboard.writeText(link); // missing on pages without TLS
    toast.show("Invitation link copied.", "info");
  } catch {
    toast.show(link, "info");
  }
}
