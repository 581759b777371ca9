import { useEffect } from "preact/hooks";
import { useChat } from "./context";

/** The text in the field of a room or a thread. It is saved when the field is left, and when the page is. */
export function useDraft(log: string): [text: string, change: (text: string) => void] {
  const { drafts } = useChat();
  useEffect(() => {
    const handleVisibility = () => {
      if (document.visibilityState === "hidden") drafts.saveAll();
      else void drafts.reload();
    };
    document.addEventListener("visibilitychange", handleVisibility);
    return () => {
      document.removeEventListener("visibilitychange", handleVisibility);
      drafts.leave(log);
    };
  }, [drafts, log]);
  return [drafts.shownIn(log).value, (text) => drafts.type(log, text)];
}
