const rooms = 6;
const messages = 7;

/** Stands for the rooms of the list until they are there. */
export function RoomsToCome() {
  return (
    <div data-testid="rooms-to-come">
      <p class="spoken" role="status">
        Loading the rooms …
      </p>
      <div class="skeleton rooms-to-come" aria-hidden="true">
        {Array.from({ length: rooms }, (_, i) => (
          <div key={i} class="room-to-come">
            <i />
            <i />
            <i />
          </div>
        ))}
      </div>
    </div>
  );
}

/** Stands for the messages of a room or a thread. */
export function MessagesToCome() {
  return (
    <>
      <div class="skeleton messages-to-come" data-testid="messages-to-come" aria-hidden="true">
        {Array.from({ length: messages }, (_, i) => (
          <i key={i} />
        ))}
      </div>
      <p class="spoken">Loading messages …</p>
    </>
  );
}
