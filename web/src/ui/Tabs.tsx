import type { ComponentChildren } from "preact";
import { useId, useRef } from "preact/hooks";

export interface Tab<T> {
  id: T;
  /** What stands on it. */
  sign: ComponentChildren;
  /** What it is called. */
  label: string;
}

interface Props<T> {
  label: string;
  tabs: readonly Tab<T>[];
  chosen: T;
  testId: string;
  onChoose(id: T): void;
  /** What the chosen tab shows. */
  children: ComponentChildren;
}

/** Tabs with the panel of the chosen one. The arrow keys choose, as in the ARIA practices. */
export function Tabs<T extends string | number>({ label, tabs, chosen, testId, onChoose, children }: Props<T>) {
  const list = useRef<HTMLDivElement>(null);
  const panel = useId();

  function handleKey(event: KeyboardEvent) {
    const at = tabs.findIndex(({ id }) => id === chosen);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = tabs.at(to % tabs.length);
    if (next) onChoose(next.id);
    list.current?.querySelectorAll<HTMLElement>("[role=tab]")[next ? tabs.indexOf(next) : 0]?.focus();
  }

  return (
    <>
      <div ref={list} class="tabs" role="tablist" aria-label={label} onKeyDown={handleKey}>
        {tabs.map(({ id, sign, label }) => (
          <button
            key={id}
            type="button"
            role="tab"
            aria-selected={id === chosen}
            aria-controls={panel}
            aria-label={label}
            title={label}
            tabIndex={id === chosen ? 0 : -1}
            data-testid={testId}
            onClick={() => onChoose(id)}
          >
            {sign}
          </button>
        ))}
      </div>
      <div id={panel} role="tabpanel" aria-label={tabs.find(({ id }) => id === chosen)?.label ?? label}>
        {children}
      </div>
    </>
  );
}
