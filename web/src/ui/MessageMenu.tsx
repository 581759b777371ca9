import type { RefObject } from "preact";
import { useEffect, useId, useImperativeHandle, useRef, useState } from "preact/hooks";
import { MoreIcon } from "./Icons";
import { useBack } from "./useBack";

export interface MenuItem {
  label: string;
  testId: string;
  danger?: boolean;
  run(): void;
}

// With less room above, in pixels, the menu opens below.
const roomAbove = 400;

// There the menu fills the lower part of the screen, as reactions.css says.
const onPhone = () => matchMedia("(max-width: 720px)").matches;

interface Props {
  label: string;
  items: readonly MenuItem[];
  /** What one reacts with at once, above the items. */
  emojis: readonly string[];
  onEmoji(emoji: string): void;
  /** Gets what opens the menu. */
  opener: RefObject<(() => void) | null>;
}

/** What the user may do with a message: a button that opens a menu. */
export function MessageMenu({ label, items, emojis, onEmoji, opener }: Props) {
  const [open, setOpen] = useState(false);
  const [below, setBelow] = useState(false);
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);

  useEffect(() => {
    if (!open) return;
    box.current?.querySelector<HTMLElement>("[role=menu] > [role=menuitem]")?.focus();
    const closeOutside = (e: Event) => !box.current?.contains(e.target as Node) && setOpen(false);
    document.addEventListener("pointerdown", closeOutside);
    return () => document.removeEventListener("pointerdown", closeOutside);
  }, [open]);

  function show() {
    const top = button.current?.getBoundingClientRect().top ?? 0;
    const list = button.current?.closest(".messages")?.getBoundingClientRect().top ?? 0;
    setBelow(top - list < roomAbove);
    setOpen(true);
  }

  useImperativeHandle(opener, () => show);

  function close() {
    setOpen(false);
    button.current?.focus();
  }

  function handleKey(event: KeyboardEvent) {
    if (!open) return;
    const all = [...(box.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];
    const at = all.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowLeft: at - 1, Home: 0, End: -1 }[
      event.key
    ];
    if (to !== undefined) all.at(to % all.length)?.focus();
    else if (event.key === "Escape") close();
    else if (event.key === "Tab") return setOpen(false);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys belong to the menu inside
    <div ref={box} class={`menu${open ? " open" : ""}${below ? " below" : ""}`} onKeyDown={handleKey}>
      <button
        ref={button}
        type="button"
        class="more"
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        data-testid="message-menu"
        onClick={() => (open ? close() : show())}
      >
        <MoreIcon />
      </button>
      {open && onPhone() && <CloseWithBack onClose={() => setOpen(false)} />}
      {open && (
        // biome-ignore lint/a11y/useKeyWithClickEvents: on a phone, a touch beside the menu closes it
        <div id={id} role="menu" aria-label={label} onClick={(e) => e.target === e.currentTarget && close()}>
          <div class="quick" role="group" aria-label="React with">
            {emojis.map((emoji) => (
              <button
                key={emoji}
                type="button"
                role="menuitem"
                tabIndex={-1}
                data-testid="quick-reaction"
                onClick={() => {
                  close();
                  onEmoji(emoji);
                }}
              >
                {emoji}
              </button>
            ))}
          </div>
          {items.map((item) => (
            <button
              key={item.testId}
              type="button"
              role="menuitem"
              tabIndex={-1}
              class={item.danger ? "danger" : undefined}
              data-testid={item.testId}
              onClick={() => {
                close();
                item.run();
              }}
            >
              {item.label}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

function CloseWithBack({ onClose }: { onClose(): void }) {
  useBack(onClose);
  return null;
}
