import { expect, test } from "vitest";
import { type Block, type Inline, inOneLine, parseMarkdown, previewOf, textOutsideCode } from "../src/core/markdown";

/** The blocks of a text, as HTML-like text that is easy to compare. */
const show = (text: string) => parseMarkdown(text).map(block).join("");
const block = (b: Block): string => {
  switch (b.kind) {
    case "paragraph":
      return `<p>${b.children.map(inline).join("")}</p>`;
    case "code":
      return `<pre ${b.language}>${b.text}</pre>`;
    case "quote":
      return `<quote>${b.children.map(block).join("")}</quote>`;
    case "list":
      return `<list ${b.start ?? ""}>${b.items.map((i) => `<li>${i.map(block).join("")}</li>`).join("")}</list>`;
  }
};
const inline = (i: Inline): string => {
  if (typeof i === "string") return i;
  if (i.kind === "code") return `<code>${i.text}</code>`;
  const children = i.children.map(inline).join("");
  return i.kind === "link" ? `<a ${i.url}>${children}</a>` : `<${i.kind}>${children}</${i.kind}>`;
};

test("what people type is formatted", () => {
  for (const [text, want] of Object.entries({
    plain: "<p>plain</p>",
    "**bold** *italic* _too_ ~~gone~~ `code`":
      "<p><strong>bold</strong> <em>italic</em> <em>too</em> <del>gone</del> <code>code</code></p>",
    "**bold _and italic_**": "<p><strong>bold <em>and italic</em></strong></p>",
    "one\ntwo": "<p>one\ntwo</p>",
    "one\n\ntwo": "<p>one</p><p>two</p>",
    "> quoted\n\nanswer": "<quote><p>quoted</p></quote><p>answer</p>",
    "- a\n- b": "<list ><li><p>a</p></li><li><p>b</p></li></list>",
    "3. a\n4. b": "<list 3><li><p>a</p></li><li><p>b</p></li></list>",
    "```go\nx := 1\n```": "<pre go>x := 1</pre>",
    "```\n<b>\n```": "<pre ><b></pre>",
    "say \\*this\\*": "<p>say *this*</p>",
    snake_case_name: "<p>snake_case_name</p>",
  })) {
    expect([text, show(text)]).toEqual([text, want]);
  }
});

test("web and mail addresses are links", () => {
  for (const [text, want] of Object.entries({
    "see https://a.example/x?y=1, or (http://b.example).":
      "<p>see <a https://a.example/x?y=1>https://a.example/x?y=1</a>, or (<a http://b.example>http://b.example</a>).</p>",
    "www.example.com": "<p><a http://www.example.com>www.example.com</a></p>",
    "ada@example.com": "<p><a mailto:ada@example.com>ada@example.com</a></p>",
    "[here](https://a.example)": "<p><a https://a.example>here</a></p>",
    "https://a.example/x_(y)": "<p><a https://a.example/x_(y)>https://a.example/x_(y)</a></p>",
  })) {
    expect([text, show(text)]).toEqual([text, want]);
  }
});

test("what is no format is shown as it was typed", () => {
  for (const text of [
    "# not a heading",
    "a < b && c > d &lt; &amp;",
    "<b>bold</b><script>alert(1)</script>",
    "![picture](https://a.example/x.png)",
    "[run](javascript:alert(1))",
    "[run](data:text/html,x)",
    "[open](vscode://file/x)",
    "javascript:alert(1)",
    "http://",
    "https://.",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "2 * 3 * 4",
    "[x]: y",
    "a    b",
  ]) {
    expect(show(text)).toBe(`<p>${text}</p>`);
  }
});

test("words in one line are no format, as the parser has it too", () => {
  for (const text of ["a. b", "I. think - so", "e-mail, please...", "it's 5 - 3", "x--y", 'He said "no"!', "été"]) {
    expect(show(text)).toBe(`<p>${text}</p>`);
    expect(show(`${text} *`)).toBe(`<p>${text} *</p>`); // which takes the parser
  }
  expect(show("see www.example.com now")).toContain("<a http://www.example.com>");
});

test("hostile texts take neither time nor the page", () => {
  for (const part of ["> ", "- ", "1. ", "*", "_", "**a", "[", "](", "[a](", "`", "~", "<", "\\", "&", "![", "> - "]) {
    const text = part.repeat(4000 / part.length);
    expect(parseMarkdown(text).length).toBeGreaterThan(0);
  }
});

test("the text outside code is what is said to people", () => {
  const text = "Hi @Ada `@Bob`\n\n- *@Cy* [@Di](https://example.com)\n\n> @Eve\n\n```\n@Fay\n```";
  expect(
    textOutsideCode(text)
      .split("\n")
      .filter((t) => t.startsWith("@") || t.includes("Hi")),
  ).toEqual(["Hi @Ada ", "@Cy", "@Di", "@Eve"]);
});

test("code of a known language is split into its parts, and adds up to the code", async () => {
  const { highlight } = await import("../src/core/highlight");
  const code = 'func main() { fmt.Println("hi") } // <b>';
  const text = (parts: Awaited<ReturnType<typeof highlight>>): string =>
    (parts ?? []).map((p) => (typeof p === "string" ? p : text(p.children))).join("");
  const parts = await highlight(code, "Go");
  expect(text(parts)).toBe(code);
  expect(JSON.stringify(parts)).toContain('{"className":"hljs-keyword","children":["func"]}');
  expect(await highlight("const a = <b />;", "JSX")).toContainEqual({ className: "hljs-keyword", children: ["const"] });
  expect(await highlight(code, "klingon")).toBeNull();
});

test("a preview says the same in one line, without the format", () => {
  expect(inOneLine("I *do*, **all of** it: `x`")).toBe("I do, all of it: x");
  expect(inOneLine("- one\n- **two**\n\n```js\nconst a = 1;\n```\n> quoted\nhere")).toBe(
    "one two const a = 1; quoted here",
  );
  expect(inOneLine("[a page](https://example.com) and 2 * 3")).toBe("a page and 2 * 3");
  expect(previewOf(`${"long ".repeat(800)}`).length).toBeLessThan(301);
});
