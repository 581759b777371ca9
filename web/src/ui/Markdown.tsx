import { everyone, partsOfText, type User } from "@confab/chat";
import { createContext } from "preact";
import { useContext, useMemo } from "preact/hooks";
import { type Block, type Inline, parseMarkdown } from "../core/markdown";
import { Code } from "./Code";
import { useChat } from "./context";

/** Those whom a text mentions. */
const Mentioned = createContext<readonly User[]>([]);

/** A text with its format, as elements: no HTML is ever made of it. */
export function Markdown({ text, mentioned }: { text: string; mentioned: readonly User[] }) {
  const blocks = useMemo(() => parseMarkdown(text), [text]);
  const [first] = blocks;
  const inOneLine = blocks.length === 1 && first?.kind === "paragraph";
  return (
    <Mentioned.Provider value={mentioned}>
      {inOneLine ? <Inlines all={first.children} /> : <Blocks all={blocks} />}
    </Mentioned.Provider>
  );
}

// A text never changes its parts in place, so their numbers are good keys.

function Blocks({ all }: { all: Block[] }) {
  return all.map((block, i) => {
    switch (block.kind) {
      case "paragraph":
        return (
          <p key={i}>
            <Inlines all={block.children} />
          </p>
        );
      case "code":
        return <Code key={i} text={block.text} language={block.language} />;
      case "quote":
        return (
          <blockquote key={i}>
            <Blocks all={block.children} />
          </blockquote>
        );
      default: {
        const items = block.items.map((item, n) => (
          <li key={n}>
            <Blocks all={item} />
          </li>
        ));
        return block.start === undefined ? (
          <ul key={i}>{items}</ul>
        ) : (
          <ol key={i} start={block.start}>
            {items}
          </ol>
        );
      }
    }
  });
}

function Inlines({ all }: { all: Inline[] }) {
  return all.map((inline, i) => {
    if (typeof inline === "string") return <Plain key={i} text={inline} />;
    if (inline.kind === "code") return <code key={i}>{inline.text}</code>;
    const children = <Inlines all={inline.children} />;
    if (inline.kind === "link")
      return (
        <a key={i} href={inline.url} title={inline.url} target="_blank" rel="noopener noreferrer">
          {children}
        </a>
      );
    const Tag = inline.kind;
    return <Tag key={i}>{children}</Tag>;
  });
}

function Plain({ text }: { text: string }) {
  const { me } = useChat();
  const mentioned = useContext(Mentioned);
  if (mentioned.length === 0) return text;
  return partsOfText(text, mentioned).map(({ text, id }, i) =>
    id === undefined ? (
      text
    ) : (
      <span key={i} class={id === me.id || id === everyone ? "mention me" : "mention"} data-testid="mention">
        {text}
      </span>
    ),
  );
}
