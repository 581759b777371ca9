import type { Message } from "../core/protocol";
import { isEmoji, pieces } from "../core/text";
import { dayName, timeOf } from "../core/time";
import { session } from "../store/me";
import { discard, retry } from "../store/messages";
import { writeTo } from "../store/rooms";
import { Avatar } from "./Avatar";
import { AlertIcon, CheckIcon, ClockIcon } from "./Icons";

interface Props {
  message: Message;
  newDay: boolean;
  head: boolean;
  unread: boolean;
  state: "pending" | "sent" | "failed";
  /** Why it failed. */
  reason?: string;
}

/** A message. While one's own is on its way, its element is already the one that stays. */
export function Line({ message, newDay, head, unread, state, reason }: Props) {
  const { sender, sentAt, text } = message;
  const mine = sender.id === session.value?.user.id;
  return (
    <>
      {newDay && (
        <div class="day" role="separator">
          <span>{dayName(sentAt)}</span>
        </div>
      )}
      {unread && (
        <div class="day new" role="separator">
          <span>New</span>
        </div>
      )}
      <article
        class={`line${mine ? " mine" : ""}${head ? " head" : ""}`}
        data-testid="message"
        data-seq={state === "sent" ? message.seq : undefined}
        data-state={state}
        data-temp-id={message.tempId}
      >
        {!mine && head && <Avatar id={sender.id} name={sender.name} />}
        <div class="body">
          {head ? (
            <p class="by">
              {mine ? (
                <span class="spoken">You</span>
              ) : (
                <button
                  type="button"
                  class="who"
                  title={`Write to ${sender.name}`}
                  onClick={() => void writeTo(sender.id)}
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
            {mine && <Fate state={state} />}
          </div>
          {state === "failed" && (
            <p class="failure" role="alert">
              {reason}
              <button type="button" class="text" data-testid="retry" onClick={() => retry(message.roomId, message.id)}>
                Try again
              </button>
              <button
                type="button"
                class="text"
                data-testid="discard"
                onClick={() => discard(message.roomId, message.id)}
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

const fates = {
  pending: { Icon: ClockIcon, what: "Sending" },
  sent: { Icon: CheckIcon, what: "Sent" },
  failed: { Icon: AlertIcon, what: "Not sent" },
};

function Fate({ state }: { state: Props["state"] }) {
  const { Icon, what } = fates[state];
  return (
    <span class="fate" role="img" aria-label={what} title={what}>
      <Icon />
    </span>
  );
}

function Text({ text }: { text: string }) {
  return (
    <p class={isEmoji(text) ? "text large" : "text"} dir="auto">
      {pieces(text).map((p, i) =>
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
