import { beginsMention, mentionedIn, type User, wholeRoom } from "@confab/chat";
import type { RefObject } from "preact";
import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { textOutsideCode } from "../core/markdown";
import { offered } from "../core/offered";
import { Avatar } from "./Avatar";
import { AtIcon } from "./Icons";

interface Options {
  field: RefObject<HTMLTextAreaElement | null>;
  text: string;
  /** Returns those who may be mentioned. */
  people: () => User[];
  /** Those who were chosen before. */
  chosen?: User[];
  onChange: (text: string) => void;
}

/** Lets whoever writes in a field choose whom the text mentions: an "@" opens a list of people. */
export function useMentioning({ field, text, people, chosen: before = [], onChange }: Options) {
  const [caret, setCaret] = useState<number | null>(null); // null while the field has no focus
  const [dismissed, setDismissed] = useState<number | null>(null); // the place of the "@" whose list was closed
  const [active, setActive] = useState(0);
  const chosen = useRef(before);
  const caretTo = useRef<number | null>(null);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();

  const typed = caret === null ? null : beginsMention(text.slice(0, caret));
  const at = (caret ?? 0) - (typed?.length ?? 0) - 1;
  const found = typed !== null && at !== dismissed ? offered(people(), typed) : [];
  const open = found.length > 0;
  const current = Math.min(active, found.length - 1);

  useEffect(() => setActive(0), [typed]);
  useEffect(() => {
    if (typed === null) setDismissed(null);
  }, [typed === null]);
  useLayoutEffect(() => {
    if (caretTo.current === null) return;
    field.current?.setSelectionRange(caretTo.current, caretTo.current);
    caretTo.current = null;
  });
  useLayoutEffect(() => {
    list.current?.children[current]?.scrollIntoView({ block: "nearest" });
  }, [current, open]);

  function choose(person: User) {
    const name = `@${person.name} `;
    const rest = text.slice(caret ?? text.length);
    chosen.current = [...chosen.current.filter((p) => p.name !== person.name), person];
    caretTo.current = at + name.length;
    setCaret(caretTo.current);
    setDismissed(at);
    onChange(text.slice(0, at) + name + (rest.startsWith(" ") ? rest.slice(1) : rest));
  }

  /** Handles a key of the field, and reports whether it was the list's. */
  function handleKey(event: KeyboardEvent): boolean {
    // 229 is what Safari sends for the Enter that ends a composition.
    if (!open || event.isComposing || event.keyCode === 229 || event.ctrlKey || event.altKey || event.metaKey)
      return false;
    const person = found[current];
    if (event.key === "ArrowDown") setActive((current + 1) % found.length);
    else if (event.key === "ArrowUp") setActive((current + found.length - 1) % found.length);
    else if (event.key === "Escape") setDismissed(at);
    else if (event.shiftKey || !person) return false;
    else if (event.key === "Tab" || (event.key === "Enter" && !isWritten(person))) choose(person);
    else return false;
    event.preventDefault(); // it does and closes nothing else
    return true;
  }

  // Whoever has written the whole name wants to send the message, unless there is a choice.
  const isWritten = ({ name }: User) => name === typed && found.filter((p) => p.name === name).length === 1;

  const look = () => setCaret(field.current?.selectionEnd ?? null);
  return {
    handleKey,
    /** The ids of those whom the text mentions. */
    mentioned: (text: string) => mentionedIn(textOutsideCode(text), people(), chosen.current),
    /** Forgets whom the last text mentioned. */
    reset() {
      chosen.current = [];
    },
    /** What the field needs beside its own. Call `look` when its text has changed. */
    look,
    field: {
      "aria-autocomplete": "list" as const,
      "aria-haspopup": "listbox" as const,
      "aria-controls": open ? id : undefined,
      "aria-activedescendant": open ? `${id}-${current}` : undefined,
      onKeyUp: look,
      onClick: look,
      onFocus: look,
      onBlur: () => setCaret(null),
    },
    list: (
      <>
        <span class="spoken" role="status">
          {open && `${found.length} ${found.length === 1 ? "suggestion" : "suggestions"}: use the arrow keys and Enter`}
        </span>
        {open && (
          <div ref={list} id={id} class="mentionable" role="listbox" aria-label="Mention" data-testid="mentionable">
            {found.map((person, i) => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the keys belong to the field
              <div
                key={person.id}
                id={`${id}-${i}`}
                role="option"
                aria-selected={i === current}
                tabIndex={-1}
                data-testid="mention-option"
                onMouseDown={(e) => e.preventDefault()} // the field keeps the focus
                onClick={() => choose(person)}
              >
                {person === wholeRoom ? (
                  <span class="sign">
                    <AtIcon />
                  </span>
                ) : (
                  <Avatar id={person.id} name={person.name} dot />
                )}
                <span class="name">{person === wholeRoom ? "@room" : person.name}</span>
                {person === wholeRoom && <span class="quiet">Everybody here</span>}
              </div>
            ))}
          </div>
        )}
      </>
    ),
  };
}
