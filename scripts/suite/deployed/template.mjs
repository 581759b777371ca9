// Changes to a synthesized template.
import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

let copies = 0;

/** Calls f with a copy of a template, beside it, that has been changed, and called so. */
export async function changed(path, change, f, called = "changed") {
  const template = JSON.parse(readFileSync(path, "utf8"));
  change(template);
  const copy = join(dirname(path), `${called}-${process.pid}-${++copies}.template.json`);
  writeFileSync(copy, JSON.stringify(template));
  try {
    await f(copy);
  } finally {
    rmSync(copy);
  }
}

/** The ids of resources of a type that pass. */
export function find(template, type, passes = () => true) {
  const ids = Object.entries(template.Resources)
    .filter(([id, r]) => r.Type === type && passes(r.Properties, id))
    .map(([id]) => id);
  assert.ok(ids.length > 0, `the template has no such ${type}`);
  return ids;
}

export const remove = (template, ids) => ids.forEach((id) => delete template.Resources[id]);

/** The ids of the functions by their names: connect, message… */
export const functions = (template) =>
  Object.fromEntries(
    find(template, "AWS::Lambda::Function").map((id) => [
      /^Chat(?:Realtime)?([A-Z][a-z]+)[0-9A-F]{8}$/.exec(id)[1].toLowerCase(),
      id,
    ]),
  );

const policies = (template, id) => {
  const role = template.Resources[id].Properties.Role["Fn::GetAtt"][0];
  return find(template, "AWS::IAM::Policy", (p) => p.Roles.some((r) => r.Ref === role));
};

/** Takes an action from a function, or from all. */
export const ungrant = (template, action, name) => {
  const ids = name ? policies(template, functions(template)[name]) : find(template, "AWS::IAM::Policy");
  let found = 0;
  for (const s of ids.flatMap((id) => template.Resources[id].Properties.PolicyDocument.Statement)) {
    const actions = [s.Action].flat();
    if (actions.includes(action)) found++;
    s.Action = actions.filter((a) => a !== action);
  }
  assert.ok(found > 0, `nothing grants ${action}`);
};

/** Takes a variable from a function. */
export const unset = (template, variable, name) => {
  const { Variables } = template.Resources[functions(template)[name]].Properties.Environment;
  assert.ok(variable in Variables, `${name} has no ${variable}`);
  delete Variables[variable];
};
