// Changes to a synthesized template.
import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { shortName } from "../harness.mjs";

/**
 * @typedef {{ Type: string, Properties: any }} Resource
 * @typedef {{ Resources: Record<string, Resource> }} Template
 */

let copies = 0;

/**
 * Calls f with the path of a changed copy of a template. The copy is beside the template,
 * and its name starts with the given prefix.
 *
 * @param {string} path
 * @param {(template: Template) => unknown} change
 * @param {(copy: string) => unknown} f
 */
export async function withChangedTemplate(path, change, f, prefix = "changed") {
  const template = JSON.parse(readFileSync(path, "utf8"));
  change(template);
  const copy = join(dirname(path), `${prefix}-${process.pid}-${++copies}.template.json`);
  writeFileSync(copy, JSON.stringify(template));
  try {
    await f(copy);
  } finally {
    rmSync(copy);
  }
}

/**
 * The ids of the resources of a type that match.
 *
 * @param {Template} template
 * @param {string} type
 * @param {(properties: any, id: string) => boolean} matches
 */
export function find(template, type, matches = () => true) {
  const ids = Object.entries(template.Resources)
    .filter(([id, r]) => r.Type === type && matches(r.Properties, id))
    .map(([id]) => id);
  assert.ok(ids.length > 0, `the template has no such ${type}`);
  return ids;
}

/** @param {Template} template @param {string[]} ids */
export function remove(template, ids) {
  for (const id of ids) delete template.Resources[id];
}

/**
 * The ids of the functions by their names: connect, message, …
 *
 * @param {Template} template
 * @returns {Record<string, string>}
 */
export const functions = (template) =>
  Object.fromEntries(
    find(template, "AWS::Lambda::Function").map((id) => {
      assert.notEqual(shortName(id), id, `${id} is no function of the chat`);
      return [shortName(id), id];
    }),
  );

/** @param {Template} template @param {string} id */
const policies = (template, id) => {
  const role = template.Resources[id].Properties.Role["Fn::GetAtt"][0];
  return find(template, "AWS::IAM::Policy", (p) => p.Roles.some((/** @type {{ Ref: string }} */ r) => r.Ref === role));
};

/**
 * Removes an action from the policies of a function, or of all.
 *
 * @param {Template} template
 * @param {string} action
 * @param {string} [name]
 */
export const ungrant = (template, action, name) => {
  const ids = name ? policies(template, functions(template)[name]) : find(template, "AWS::IAM::Policy");
  let found = 0;
  for (const s of ids.flatMap((id) => template.Resources[id].Properties.PolicyDocument.Statement)) {
    const actions = [s.Action].flat();
    if (actions.includes(action)) found++;
    s.Action = actions.filter((/** @type {string} */ a) => a !== action);
  }
  assert.ok(found > 0, `nothing grants ${action}`);
};

/**
 * Removes a variable from a function.
 *
 * @param {Template} template
 * @param {string} variable
 * @param {string} name
 */
export const unset = (template, variable, name) => {
  const { Variables } = template.Resources[functions(template)[name]].Properties.Environment;
  assert.ok(variable in Variables, `${name} has no ${variable}`);
  delete Variables[variable];
};
