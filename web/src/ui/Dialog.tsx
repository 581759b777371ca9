import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { CloseIcon } from "./Icons";

/** A modal dialog; the browser keeps the focus in it and closes it with Escape. */
export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog} aria-labelledby="dialog-title" onClose={onClose}
      onClick={(e) => e.target === dialog.current && dialog.current?.close()}
    >
      <header>
        <h2 id="dialog-title">{title}</h2>
        <button class="round" type="button" aria-label="Close" onClick={() => dialog.current?.close()}><CloseIcon /></button>
      </header>
      {children}
    </dialog>
  );
}
