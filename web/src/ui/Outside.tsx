import { describeInvitation } from "../store/invitations";
import { useChat } from "./context";
import { Logo } from "./Icons";
import { Answer } from "./Invitations";

/** A room of the address that the user is not in. */
export function Outside({ roomId }: { roomId: string }) {
  const { invitations, location, rooms } = useChat();
  const invitation = invitations.to(roomId);
  const room = rooms.open.value.find((r) => r.id === roomId);
  return (
    <main class="conversation empty" aria-label="A room that you are not in" data-testid="outside">
      <Logo size={64} />
      <p class="lead">
        {invitation ? `${describeInvitation(invitation)}.` : (room?.name ?? "You are not in this room.")}
      </p>
      {room && <p class="quiet">An open channel, created by {room.createdBy.name}.</p>}
      {invitation ? (
        <Answer invitation={invitation} onDecline={() => location.leaveRoom()} />
      ) : (
        <button type="button" class="primary" data-testid="join-outside" onClick={() => void rooms.join(roomId)}>
          Join
        </button>
      )}
      <button type="button" class="text" onClick={() => location.leaveRoom()}>
        Back to your rooms
      </button>
    </main>
  );
}
