import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");

test("the code of the README is the one that is compiled", () => {
  const code = [...read("../README.md").matchAll(/```tsx?\n(.*?)```/gs)].map(([, block]) => block);
  expect(code).toHaveLength(3);
  const [comment, ...lines] = read("readme.tsx").split("\n");
  expect(comment).toContain("README");
  expect(lines.join("\n")).toBe(code.join("\n"));
});
