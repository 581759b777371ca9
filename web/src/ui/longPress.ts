import { useEffect, useRef } from "preact/hooks";
import { canHover } from "./canHover";

const pressTime = 450; // ms, less than the browser takes to select a word
const slack = 10; // pixels that a resting finger may move

/**
 * Calls press when a finger rests on what the handlers are given to. Scrolling ends it, since the
 * browser takes the pointer away then. Nothing happens on a link or a field, which have a menu of the
 * browser, nor where one points with a mouse and selects with it.
 */
export function useLongPress(press: () => void) {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const start = useRef({ x: 0, y: 0 });
  const stop = () => clearTimeout(timer.current);
  useEffect(() => stop, []);
  return {
    onPointerDown(event: PointerEvent) {
      stop();
      if (event.pointerType !== "touch" || !event.isPrimary || canHover()) return;
      const inner = (event.target as HTMLElement).closest("a, button, input, textarea, select, audio, video, dialog");
      if (inner && inner !== event.currentTarget) return;
      start.current = { x: event.clientX, y: event.clientY };
      timer.current = setTimeout(() => {
        ignoreEnd();
        press();
      }, pressTime);
    },
    onPointerMove(event: PointerEvent) {
      if (Math.hypot(event.clientX - start.current.x, event.clientY - start.current.y) > slack) stop();
    },
    onPointerUp: stop,
    onPointerCancel: stop,
  };
}

// The end of a press is no click: else it might close at once what the press has opened.
function ignoreEnd(): void {
  const options = { capture: true, once: true, passive: false };
  document.addEventListener("touchend", (event) => event.cancelable && event.preventDefault(), options);
}
