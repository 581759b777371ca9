import { useChat } from "./context";

/** Shows who is typing. */
export function TypingIndicator({ roomId }: { roomId: string }) {
  const names = useChat()
    .people.typingIn(roomId)
    .map((u) => u.name);
  const text =
    names.length === 0
      ? ""
      : names.length === 1
        ? `${names[0]} is typing …`
        : names.length === 2
          ? `${names[0]} and ${names[1]} are typing …`
          : "Several people are typing …";
  return (
    <p class={text ? "typing on" : "typing"} aria-live="polite" data-testid="typing-indicator">
      {text}
    </p>
  );
}
