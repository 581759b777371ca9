import { useLayoutEffect, useRef } from "preact/hooks";
import { useChat } from "./context";

/** Makes the browser's Back close what this component shows, while it is mounted. */
export function useBack(onClose: () => void): void {
  const { location } = useChat();
  const close = useRef(onClose);
  close.current = onClose;
  useLayoutEffect(() => location.openLayer(() => close.current()), [location]);
}
