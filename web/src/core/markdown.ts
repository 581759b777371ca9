// The Markdown that people type: bold, italic, strike, code, quotes, lists and links. What is
// not among these, as headings, tables, images and HTML, is shown as it was typed.
import { Marked, type Token, type Tokens } from "marked";

export type Inline =
  | string
  | { kind: "strong" | "em" | "del"; children: Inline[] }
  | { kind: "code"; text: string }
  | { kind: "link"; url: string; children: Inline[] };

export type Block =
  | { kind: "paragraph"; children: Inline[] }
  | { kind: "code"; text: string; language: string }
  | { kind: "quote"; children: Block[] }
  | { kind: "list"; start: number | undefined; items: Block[][] };

const nothing = () => undefined;
const marked = new Marked({
  gfm: true,
  tokenizer: {
    heading: nothing,
    lheading: nothing,
    hr: nothing,
    table: nothing,
    html: nothing,
    tag: nothing,
    def: nothing,
    reflink: nothing,
    code: nothing, // by indentation; fences stay
  },
});

// Nobody nests deeper, and a hostile text could otherwise take the page's time or its stack.
const maxDepth = 6;
const nested = /^(?:[ \t]*(?:>|[-*+]|\d+[.)])){7}/m;

// Most messages are words in one line, in which nothing can be a format or a link.
const words = /^\p{L}(?:[\p{L}\p{M}\p{N} ,.!?'’"…-]*[\p{L}\p{N}.!?'’"…])?$/u;

/** Parses the text of a message. */
export function parseMarkdown(text: string): Block[] {
  if (words.test(text) && !/www\./i.test(text)) return [plain(text)];
  if (nested.test(text)) return [plain(text)];
  try {
    return blocks(marked.lexer(text), 0);
  } catch {
    return [plain(text)];
  }
}

// No preview is as long, and a long text is not parsed for the sake of its first line.
const maxPreview = 300;

/** How a text begins, without its format and in one line. */
export const previewOf = (text: string): string => inOneLine(text.slice(0, maxPreview));

/** What a text says, without its format and in one line. */
export const inOneLine = (text: string): string =>
  parseMarkdown(text).map(wordsOf).join(" ").replaceAll(/\s+/g, " ").trim();

function wordsOf(part: Block | Inline): string {
  if (typeof part === "string") return part;
  if (part.kind === "code") return part.text;
  if (part.kind === "list") return part.items.map((item) => item.map(wordsOf).join(" ")).join(" ");
  const parts: (Block | Inline)[] = part.children;
  return parts.map(wordsOf).join(part.kind === "quote" ? " " : "");
}

const plain = (text: string): Block => ({ kind: "paragraph", children: [text] });

function blocks(tokens: Token[], depth: number): Block[] {
  return tokens.flatMap((token): Block[] => {
    if (depth > maxDepth) return [plain(token.raw)];
    switch (token.type) {
      case "space":
        return [];
      case "code":
        return [{ kind: "code", text: token.text, language: (token.lang ?? "").split(/\s/)[0] ?? "" }];
      case "blockquote":
        return [{ kind: "quote", children: blocks(token.tokens ?? [], depth + 1) }];
      case "list": {
        const list = token as Tokens.List;
        const items = list.items.map((item) => {
          const box: Block[] = item.task ? [plain(item.checked ? "☑ " : "☐ ")] : [];
          return [...box, ...blocks(item.tokens, depth + 1)];
        });
        return [{ kind: "list", start: list.ordered ? Number(list.start) : undefined, items }];
      }
      default:
        return [{ kind: "paragraph", children: "tokens" in token ? inlines(token.tokens ?? []) : [token.raw] }];
    }
  });
}

function inlines(tokens: Token[]): Inline[] {
  return tokens.map((token): Inline => {
    switch (token.type) {
      case "strong":
      case "em":
      case "del":
        return { kind: token.type, children: inlines(token.tokens ?? []) };
      case "codespan":
        return { kind: "code", text: token.text };
      case "escape":
        return token.text;
      case "br":
        return "\n";
      case "link":
        return isSafe(token.href)
          ? { kind: "link", url: token.href, children: inlines(token.tokens ?? []) }
          : token.raw;
      default:
        return token.raw;
    }
  });
}

/** The parts of a text that are no code, a line each. */
export function textOutsideCode(text: string): string {
  const ofInline = (inline: Inline): string[] => {
    if (typeof inline === "string") return [inline];
    return inline.kind === "code" ? [] : inline.children.flatMap(ofInline);
  };
  const ofBlock = (block: Block): string[] => {
    if (block.kind === "code") return [];
    if (block.kind === "list") return block.items.flat().flatMap(ofBlock);
    return block.kind === "quote" ? block.children.flatMap(ofBlock) : block.children.flatMap(ofInline);
  };
  return parseMarkdown(text).flatMap(ofBlock).join("\n");
}

/** Whether an address is of the web or of mail. Others could run code, or open other programs. */
function isSafe(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === "mailto:" || ((protocol === "http:" || protocol === "https:") && /[^.]/.test(hostname));
}

/** The first link to the web in a text, as it stands there; with http:// before a www. */
export function firstLink(text: string): string | undefined {
  return linkIn(parseMarkdown(text));
}

function linkIn(all: (Block | Inline)[]): string | undefined {
  for (const part of all) {
    if (typeof part === "string" || part.kind === "code") continue;
    if (part.kind === "link" && /^https?:/i.test(part.url)) return part.url;
    const found = linkIn(part.kind === "list" ? part.items.flat() : part.children);
    if (found !== undefined) return found;
  }
  return undefined;
}
