import type { Chat } from "../store/chat";

/** Copies a room's invitation link. */
export function copyInvitation(chat: Chat, roomId: string): Promise<void> {
  return copy(chat, chat.location.invitationTo(roomId), "Invitation link copied.");
}

/** Copies the link of a message. It leads nobody there who is not in the room. */
export function copyLink(chat: Chat, roomId: string, seq: number): Promise<void> {
  return copy(chat, chat.location.linkTo(roomId, seq), "Link copied.");
}

/** Copies the text of a message. */
export async function copyText({ toast }: Chat, text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast.show("Text copied.", "info");
  } catch {
    toast.show("This browser does not let the page copy.");
  }
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
