import type { Chat } from "../store/chat";

/** Copies a room's invitation link. */
export function copyInvitation(chat: Chat, roomId: string): Promise<void> {
  return copy(chat, chat.location.invitationTo(roomId), "Invitation link copied.");
}

/** Copies the link of a message. It leads nobody there who is not in the room. */
export function copyLink(chat: Chat, roomId: string, seq: number): Promise<void> {
  return copy(chat, chat.location.linkTo(roomId, seq), "Link copied.");
}

// Shows the link where the browser forbids copying.
async function copy({ toast }: Chat, link: string, done: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(link); // missing on pages without TLS
    toast.show(done, "info");
  } catch {
    toast.show(link, "info");
  }
}
