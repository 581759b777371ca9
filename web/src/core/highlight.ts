// Colours for code. It is loaded when the first block of code is shown, and each language when it is.
import { createLowlight } from "lowlight";

export type Highlighted = string | { className: string; children: Highlighted[] };

const languages = {
  bash: () => import("highlight.js/lib/languages/bash"),
  c: () => import("highlight.js/lib/languages/c"),
  css: () => import("highlight.js/lib/languages/css"),
  diff: () => import("highlight.js/lib/languages/diff"),
  go: () => import("highlight.js/lib/languages/go"),
  java: () => import("highlight.js/lib/languages/java"),
  javascript: () => import("highlight.js/lib/languages/javascript"),
  json: () => import("highlight.js/lib/languages/json"),
  python: () => import("highlight.js/lib/languages/python"),
  rust: () => import("highlight.js/lib/languages/rust"),
  sql: () => import("highlight.js/lib/languages/sql"),
  typescript: () => import("highlight.js/lib/languages/typescript"),
  xml: () => import("highlight.js/lib/languages/xml"),
  yaml: () => import("highlight.js/lib/languages/yaml"),
};
type Language = keyof typeof languages;

/** The other names that people give to them. */
const aliases: Record<string, Language> = {
  sh: "bash",
  shell: "bash",
  zsh: "bash",
  h: "c",
  patch: "diff",
  golang: "go",
  cjs: "javascript",
  js: "javascript",
  jsx: "javascript",
  mjs: "javascript",
  json5: "json",
  jsonc: "json",
  py: "python",
  rs: "rust",
  cts: "typescript",
  mts: "typescript",
  ts: "typescript",
  tsx: "typescript",
  html: "xml",
  svg: "xml",
  yml: "yaml",
};

/** The languages that stand within another one. */
const within: { [name in Language]?: Language[] } = {
  javascript: ["xml"],
  typescript: ["xml"],
  xml: ["css", "javascript"],
};

const lowlight = createLowlight();

type Root = ReturnType<typeof lowlight.highlight>;

/** Splits code into what its language makes of it; null if the language is not known. */
export async function highlight(text: string, language: string): Promise<Highlighted[] | null> {
  const name = aliases[language.toLowerCase()] ?? language.toLowerCase();
  if (!isLanguage(name)) return null;
  await Promise.all([name, ...(within[name] ?? [])].map(load));
  return parts(lowlight.highlight(name, text).children);
}

const isLanguage = (name: string): name is Language => Object.hasOwn(languages, name);

async function load(name: Language): Promise<void> {
  if (lowlight.registered(name)) return;
  const { default: grammar } = await languages[name]();
  lowlight.register(name, grammar);
}

function parts(nodes: Root["children"]): Highlighted[] {
  return nodes.flatMap((node): Highlighted[] => {
    if (node.type === "text") return [node.value];
    if (node.type !== "element") return [];
    const { className } = node.properties;
    return [{ className: Array.isArray(className) ? className.join(" ") : "", children: parts(node.children) }];
  });
}
