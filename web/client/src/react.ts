/** The chat in React: what is on the screen is drawn again whenever it changes. */
import { useCallback, useEffect, useSyncExternalStore } from "react";
import type { Client, MessagesView } from "./client.js";
import type { ConnectionState } from "./connection.js";
import type { ListedRoom } from "./joinedRooms.js";

/** The state of the connection. */
export function useConnection(client: Client): ConnectionState {
  const listen = useCallback((changed: () => void) => client.onState(changed), [client]);
  const get = () => client.state;
  return useSyncExternalStore(listen, get, get);
}

/** The user's rooms, those first in which something was said last. */
export function useRooms(client: Client): readonly ListedRoom[] {
  const listen = useCallback((changed: () => void) => client.onRooms(changed), [client]);
  const get = () => client.rooms();
  return useSyncExternalStore(listen, get, get);
}

/** The messages of a room of the user, or of the thread below one of its messages. They are loaded, and kept up to date. */
export function useMessages(client: Client, roomId: string, threadOf?: number): MessagesView {
  const listen = useCallback(
    (changed: () => void) => client.onMessages(roomId, changed, threadOf),
    [client, roomId, threadOf],
  );
  const get = () => client.messages(roomId, threadOf);
  useEffect(() => void client.open(roomId, threadOf), [client, roomId, threadOf]);
  return useSyncExternalStore(listen, get, get);
}
