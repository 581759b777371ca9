// Colours for code. It is loaded when the first block of code is shown.
import bash from "highlight.js/lib/languages/bash";
import c from "highlight.js/lib/languages/c";
import css from "highlight.js/lib/languages/css";
import diff from "highlight.js/lib/languages/diff";
import go from "highlight.js/lib/languages/go";
import java from "highlight.js/lib/languages/java";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import python from "highlight.js/lib/languages/python";
import rust from "highlight.js/lib/languages/rust";
import sql from "highlight.js/lib/languages/sql";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";
import { createLowlight } from "lowlight";

export type Highlighted = string | { className: string; children: Highlighted[] };

const languages = { bash, c, css, diff, go, java, javascript, json, python, rust, sql, typescript, xml, yaml };
const lowlight = createLowlight(languages);

type Root = ReturnType<typeof lowlight.highlight>;

/** Splits code into what its language makes of it; null if the language is not known. */
export function highlight(text: string, language: string): Highlighted[] | null {
  const name = language.toLowerCase();
  return lowlight.registered(name) ? parts(lowlight.highlight(name, text).children) : null;
}

function parts(nodes: Root["children"]): Highlighted[] {
  return nodes.flatMap((node): Highlighted[] => {
    if (node.type === "text") return [node.value];
    if (node.type !== "element") return [];
    const { className } = node.properties;
    return [{ className: Array.isArray(className) ? className.join(" ") : "", children: parts(node.children) }];
  });
}
