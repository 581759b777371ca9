import { tell } from "../store/notice";
import { invitationTo } from "../store/place";

/** Copies a room's invitation link; where the browser forbids that, shows it. */
export async function copyInvitation(roomId: string): Promise<void> {
  const link = invitationTo(roomId);
  try {
    await navigator.clipboard.writeText(link); // not there on pages without TLS
    tell("Invitation link copied.", "info");
  } catch {
    tell(link, "info");
  }
}
