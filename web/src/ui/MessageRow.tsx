import type { Message } from "../core/protocol";
import { isEmoji, splitLinks } from "../core/text";
import { dayName, timeOf } from "../core/time";
import { Avatar } from "./Avatar";
import { useChat } from "./context";
import { AlertIcon, CheckIcon, ClockIcon } from "./Icons";

interface Props {
  message: Message;
  startsDay: boolean;
  startsGroup: boolean;
  firstUnread: boolean;
  state: "pending" | "sent" | "failed";
  /** Why sending failed. */
  reason?: string;
}

/** A message of the room, or a draft that is being sent. */
export function MessageRow({ message, startsDay, startsGroup, firstUnread, state, reason }: Props) {
  const { me, messages, rooms } = useChat();
  const { sender, sentAt, text } = message;
  const mine = sender.id === me.id;
  return (
    <>
      {startsDay && (
        <div class="day" role="separator">
          <span>{dayName(sentAt)}</span>
        </div>
      )}
      {firstUnread && (
        <div class="day new" role="separator">
          <span>New</span>
        </div>
      )}
      <article
        class={`message${mine ? " mine" : ""}${startsGroup ? " starts-group" : ""}`}
        data-testid="message"
        data-seq={state === "sent" ? message.seq : undefined}
        data-state={state}
        data-temp-id={message.tempId}
      >
        {!mine && startsGroup && <Avatar id={sender.id} name={sender.name} />}
        <div class="body">
          {startsGroup ? (
            <p class="by">
              {mine ? (
                <span class="spoken">You</span>
              ) : (
                <button
                  type="button"
                  class="who"
                  title={`Message ${sender.name}`}
                  onClick={() => void rooms.openDirect(sender.id)}
                >
                  {sender.name}
                </button>
              )}{" "}
              <time dateTime={sentAt}>{timeOf(sentAt)}</time>
            </p>
          ) : (
            <span class="spoken">{mine ? "You" : sender.name}: </span>
          )}
          <div class="said" title={new Date(sentAt).toLocaleString()}>
            <Text text={text} />
            {mine && <DeliveryState state={state} />}
          </div>
          {state === "failed" && (
            <p class="failure" role="alert">
              {reason}
              <button
                type="button"
                class="text"
                data-testid="retry"
                onClick={() => messages.retry(message.roomId, message.id)}
              >
                Try again
              </button>
              <button
                type="button"
                class="text"
                data-testid="discard"
                onClick={() => messages.discard(message.roomId, message.id)}
              >
                Discard
              </button>
            </p>
          )}
        </div>
      </article>
    </>
  );
}

const deliveryStates = {
  pending: { Icon: ClockIcon, label: "Sending" },
  sent: { Icon: CheckIcon, label: "Sent" },
  failed: { Icon: AlertIcon, label: "Not sent" },
};

function DeliveryState({ state }: { state: Props["state"] }) {
  const { Icon, label } = deliveryStates[state];
  return (
    <span class="delivery" role="img" aria-label={label} title={label}>
      <Icon />
    </span>
  );
}

function Text({ text }: { text: string }) {
  return (
    <p class={isEmoji(text) ? "text large" : "text"} dir="auto">
      {splitLinks(text).map((p, i) =>
        "url" in p ? (
          <a key={i} href={p.url} target="_blank" rel="noopener noreferrer">
            {p.url}
          </a>
        ) : (
          p.text
        ),
      )}
    </p>
  );
}
