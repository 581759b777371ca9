import type { Message } from "@confab/chat";
import { shortTime } from "../core/time";
import { useChat } from "./context";

/** How many replies stand below a message. It opens their thread. */
export function Replies({ first }: { first: Message }) {
  const { threads } = useChat();
  const { count, lastAt } = first.thread ?? { count: 0, lastAt: first.sentAt };
  const unread = threads.unreadIn(first.id);
  return (
    <button
      type="button"
      class={unread > 0 ? "replies unread" : "replies"}
      data-testid="replies"
      title="Open the thread"
      onClick={() => threads.open(first)}
    >
      {count === 1 ? "1 reply" : `${count} replies`}
      <time class="quiet" dateTime={lastAt}>
        {" "}
        · last {shortTime(lastAt)}
      </time>
      {unread > 0 && (
        <>
          <span class="unread-dot" aria-hidden="true" />
          <span class="spoken">, {unread} unread</span>
        </>
      )}
    </button>
  );
}
