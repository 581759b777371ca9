import { useEffect, useState } from "preact/hooks";
import type { Highlighted } from "../core/highlight";

/** A block of code. Its language is coloured once the page has loaded what knows languages. */
export function Code({ text, language }: { text: string; language: string }) {
  const [parts, setParts] = useState<Highlighted[] | null>(null);
  useEffect(() => {
    let current = true;
    if (language)
      void import("../core/highlight")
        .then(({ highlight }) => highlight(text, language))
        .then(
          (all) => current && setParts(all),
          () => {}, // without colours, the code is there all the same
        );
    return () => {
      current = false;
    };
  }, [text, language]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area must be reachable by keyboard
    <pre tabIndex={0}>
      <code>{parts ? <Parts all={parts} /> : text}</code>
    </pre>
  );
}

function Parts({ all }: { all: Highlighted[] }) {
  return all.map((part, i) =>
    typeof part === "string" ? (
      part
    ) : (
      <span key={i} class={part.className}>
        <Parts all={part.children} />
      </span>
    ),
  );
}
