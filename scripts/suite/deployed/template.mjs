// Changes to a synthesized template.
import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Calls f with a copy of a template, beside it, that has been changed. */
export async function changed(path, change, f) {
  const template = JSON.parse(readFileSync(path, "utf8"));
  change(template);
  const copy = join(dirname(path), "changed.template.json");
  writeFileSync(copy, JSON.stringify(template));
  try {
    await f(copy);
  } finally {
    rmSync(copy);
  }
}

/** The ids of resources of a type that pass. */
export function find(template, type, passes = () => true) {
  const ids = Object.entries(template.Resources).filter(([id, r]) => r.Type === type && passes(r.Properties, id)).map(([id]) => id);
  assert.ok(ids.length > 0, `the template has no such ${type}`);
  return ids;
}

export const remove = (template, ids) => ids.forEach((id) => delete template.Resources[id]);
const statements = (template) =>
  find(template, "AWS::IAM::Policy").flatMap((id) => template.Resources[id].Properties.PolicyDocument.Statement);
export const ungrant = (template, action) => {
  let found = 0;
  for (const s of statements(template)) {
    const actions = [s.Action].flat();
    if (actions.includes(action)) found++;
    s.Action = actions.filter((a) => a !== action);
  }
  assert.ok(found > 0, `nothing grants ${action}`);
};
export const unset = (template, name) => {
  for (const id of find(template, "AWS::Lambda::Function", (p) => name in p.Environment.Variables)) {
    delete template.Resources[id].Properties.Environment.Variables[name];
  }
};
