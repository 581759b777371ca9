import { addresses, logOf, type Message } from "@confab/chat";
import { useRef, useState } from "preact/hooks";
import { quickEmojis } from "../core/reactions";
import { isEmoji } from "../core/text";
import { dayName, timeOf } from "../core/time";
import { Attachments } from "./Attachments";
import { Avatar } from "./Avatar";
import { Confirm } from "./Confirm";
import { canHover } from "./canHover";
import { useChat } from "./context";
import { copyLink, copyText } from "./copyLink";
import { EmojiPicker } from "./EmojiPicker";
import { AlertIcon, CheckIcon, ClockIcon, PinIcon } from "./Icons";
import { LinkCard } from "./LinkCard";
import { useLongPress } from "./longPress";
import { Markdown } from "./Markdown";
import { MessageEditor } from "./MessageEditor";
import { type MenuItem, MessageMenu } from "./MessageMenu";
import { Quote } from "./Quote";
import { Reactions, useReactions } from "./Reactions";
import { Replies } from "./Replies";
import { SeenBy } from "./SeenBy";
import { WhoReacted } from "./WhoReacted";

export interface Props {
  message: Message;
  startsDay: boolean;
  startsGroup: boolean;
  firstUnread: boolean;
  state: "pending" | "sent" | "failed";
  /** Why sending failed. */
  reason?: string;
}

/** A message of the room or of a thread, or a draft that is being sent. */
export function MessageRow({ message, startsDay, startsGroup, firstUnread, state, reason }: Props) {
  const chat = useChat();
  const { linkPreviews, me, mentions, messages, readState, rooms, threads } = chat;
  const [asked, setAsked] = useState<"edit" | "delete" | "react" | { who: string } | null>(null);
  const { chips, react } = useReactions(message);
  const menu = useRef<() => void>(null);
  const press = useLongPress(() => menu.current?.());
  const { sender, sentAt } = message;
  const mine = sender.id === me.id;
  const toMe = addresses(message, me.id);
  const stored = state === "sent" && !message.deletedAt;
  const inRoom = message.threadOf === undefined;
  const { replyTo } = messages.viewOf(logOf(message));
  const actions: MenuItem[] = [];
  if (stored)
    actions.push({
      label: "Reply",
      testId: "reply",
      run: () => {
        replyTo.value = message;
      },
    });
  if (stored && inRoom)
    actions.push({ label: "Reply in thread", testId: "reply-in-thread", run: () => threads.open(message) });
  if (stored) actions.push({ label: "React with …", testId: "react", run: () => setAsked("react") });
  const [first] = chips;
  if (stored && first)
    actions.push({ label: "Who reacted", testId: "who-reacted", run: () => setAsked({ who: first.emoji }) });
  if (stored && mine) actions.push({ label: "Edit", testId: "edit", run: () => setAsked("edit") });
  if (stored && inRoom)
    actions.push({
      label: "Mark as unread",
      testId: "mark-unread",
      run: () => void readState.markUnread(message.roomId, message.seq),
    });
  // On a phone, a long press opens this menu and selects nothing.
  if (stored && message.text && !canHover())
    actions.push({ label: "Copy text", testId: "copy-text", run: () => void copyText(chat, message.text) });
  if (stored && inRoom)
    actions.push(
      { label: "Copy link", testId: "copy-message-link", run: () => void copyLink(chat, message.roomId, message.seq) },
      message.pinned
        ? { label: "Unpin", testId: "unpin", run: () => void messages.pin(message, false) }
        : { label: "Pin", testId: "pin", run: () => void messages.pin(message, true) },
    );
  if (stored && (mine || rooms.current.value?.createdBy.id === me.id))
    actions.push({ label: "Delete", testId: "delete", danger: true, run: () => setAsked("delete") });
  return (
    <>
      {startsDay && (
        <div class="day">
          <span>{dayName(sentAt)}</span>
        </div>
      )}
      {firstUnread && (
        <div class="day new">
          <span>New</span>
        </div>
      )}
      <article
        class={`message${mine ? " mine" : ""}${startsGroup ? " starts-group" : ""}${toMe ? " to-me" : ""}`}
        data-testid="message"
        data-seq={state === "sent" ? message.seq : undefined}
        data-state={state}
        data-temp-id={message.tempId}
        aria-posinset={state === "sent" ? message.seq : undefined}
        aria-setsize={-1}
        tabIndex={-1}
        {...press}
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
          {stored && asked === "edit" ? (
            <MessageEditor message={message} onClose={() => setAsked(null)} />
          ) : (
            <>
              {message.replyTo !== undefined && !message.deletedAt && (
                <Original log={logOf(message)} seq={message.replyTo} />
              )}
              {message.pinned && (
                <p class="pinned" data-testid="pinned">
                  <PinIcon /> Pinned by {message.pinned.by.id === me.id ? "you" : message.pinned.by.name}
                </p>
              )}
              {toMe && <span class="spoken">Mentions you: </span>}
              <Attachments message={message} />
              <div class="said" title={new Date(sentAt).toLocaleString()}>
                {(message.text || !message.attachments) && <Said message={message} />}
                {mine && <DeliveryState state={state} />}
                {actions.length > 0 && (
                  <MessageMenu
                    label="Actions of this message"
                    items={actions}
                    emojis={quickEmojis}
                    onEmoji={(emoji) => void react(emoji, "toggle")}
                    opener={menu}
                  />
                )}
              </div>
            </>
          )}
          {stored && message.linkPreview && (
            <LinkCard
              preview={message.linkPreview}
              onRemove={mine ? () => void linkPreviews.remove(message) : undefined}
            />
          )}
          {stored && (
            <Reactions
              chips={chips}
              onToggle={(emoji) => void react(emoji, "toggle")}
              onAdd={() => setAsked("react")}
              onWho={(who) => setAsked({ who })}
            />
          )}
          {stored && asked === "react" && (
            <EmojiPicker onPick={(emoji) => void react(emoji, "on")} onClose={() => setAsked(null)} />
          )}
          {stored && asked !== null && typeof asked === "object" && (
            <WhoReacted message={message} chips={chips} emoji={asked.who} onClose={() => setAsked(null)} />
          )}
          {message.thread && <Replies first={message} />}
          {stored && mine && inRoom && <SeenBy message={message} />}
          {stored && asked === "delete" && (
            <Confirm
              title="Delete this message?"
              action="Delete"
              testId="confirm-delete"
              onConfirm={() => void messages.delete(message)}
              onClose={() => setAsked(null)}
            >
              Its text is gone for everybody, and cannot be brought back.
            </Confirm>
          )}
          {state === "failed" && (
            <p class="failure" role="alert">
              {reason}
              <button
                type="button"
                class="text"
                data-testid="retry"
                onClick={() => {
                  const possible = mentions.possibleIn(message.roomId);
                  messages.retry(logOf(message), message.id, (id) => possible.some((p) => p.id === id));
                }}
              >
                Try again
              </button>
              <button
                type="button"
                class="text"
                data-testid="discard"
                onClick={() => messages.discard(logOf(message), message.id)}
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

/** The message that a reply answers. It leads there. */
function Original({ log, seq }: { log: string; seq: number }) {
  const { messages } = useChat();
  messages.viewOf(log).version.value; // subscribes
  const message = messages.find(log, seq);
  return (
    <button
      type="button"
      class="original"
      data-testid="original"
      title="Go to this message"
      onClick={() => void messages.goTo(log, seq)}
    >
      {message ? <Quote message={message} /> : <span class="quote">…</span>}
    </button>
  );
}

/** What the message says, or that it was deleted. */
export function Said({ message }: { message: Message }) {
  if (message.deletedAt) return <div class="text deleted">This message was deleted.</div>;
  return <Text message={message} />;
}

function Text({ message }: { message: Message }) {
  const { text, editedAt } = message;
  const mentioned = useChat().mentions.namesIn(message);
  return (
    <div class={isEmoji(text) ? "text large" : "text"} dir="auto">
      <Markdown text={text} mentioned={mentioned} />
      {editedAt && (
        <span class="edited" title={`Edited ${new Date(editedAt).toLocaleString()}`} data-testid="edited">
          {" "}
          (edited)
        </span>
      )}
    </div>
  );
}
