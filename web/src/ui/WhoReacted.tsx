import type { Message, User } from "@confab/chat";
import { useEffect, useState } from "preact/hooks";
import type { Chip } from "../core/reactions";
import { Avatar } from "./Avatar";
import { useChat } from "./context";
import { Dialog } from "./Dialog";
import { Tabs } from "./Tabs";

interface Props {
  message: Message;
  chips: readonly Chip[];
  /** The emoji that is shown first. */
  emoji: string;
  onClose(): void;
}

/** Everybody who has reacted to a message, by emoji. */
export function WhoReacted({ message, chips, emoji, onClose }: Props) {
  const [chosen, setChosen] = useState(emoji);
  const chip = chips.find((c) => c.emoji === chosen) ?? chips[0];
  return (
    <Dialog title="Reactions" class="who-reacted" onClose={onClose}>
      {chip ? (
        <Tabs
          label="Emojis"
          tabs={chips.map((c) => ({ id: c.emoji, label: `${c.emoji} ${c.count}`, sign: `${c.emoji} ${c.count}` }))}
          chosen={chip.emoji}
          testId="reacted-emoji"
          onChoose={(id) => setChosen(id)}
        >
          <Users key={`${chip.emoji} ${chip.count}`} message={message} emoji={chip.emoji} />
        </Tabs>
      ) : (
        <p class="quiet found">Nobody reacts to this message any more.</p>
      )}
    </Dialog>
  );
}

function Users({ message, emoji }: { message: Message; emoji: string }) {
  const { me, messages } = useChat();
  // What the message tells is there at once.
  const [{ users, more }, setPage] = useState({ users: message.reactions?.[emoji]?.users ?? [], more: false });

  async function load(earlier: readonly User[]) {
    const answer = await messages.whoReacted(message, emoji, earlier.at(-1)?.id);
    if (answer) setPage({ users: [...earlier, ...answer.users], more: answer.more });
  }
  useEffect(() => void load([]), []);

  return (
    <>
      <ul class="people" data-testid="reacted-users">
        {users.map((user) => (
          <li key={user.id} class="person">
            <Avatar id={user.id} name={user.name} />
            <span class="name">{user.id === me.id ? `${user.name} (you)` : user.name}</span>
          </li>
        ))}
      </ul>
      {more && (
        <button type="button" class="secondary wide" data-testid="more-reacted" onClick={() => void load(users)}>
          Show more
        </button>
      )}
    </>
  );
}
