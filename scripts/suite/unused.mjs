// Fails when the synthesized stack gives a permission that no run of the suite on it has needed, and that
// is not known to be rarely needed. CONFAB_UNUSED names the folder with what each run has told.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const rare = [
  // The chat does not ask for sockets anywhere in the system; an application's handlers may, in every function.
  "Api dynamodb:BatchGetItem RealtimeTable",
  "Disconnect dynamodb:BatchGetItem RealtimeTable",
  "Fanout dynamodb:BatchGetItem RealtimeTable",
  "Sweep dynamodb:BatchGetItem RealtimeTable",
  // Another connection turns out to be gone while one is ended.
  "Disconnect execute-api:ManageConnections DELETE",
];

const folder = process.env.CONFAB_UNUSED;
const runs = readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")));
/** The permissions that a run did not need, as "Function action resource". */
const unused = (run) =>
  Object.entries(run).flatMap(([id, grants]) =>
    grants.map(({ action, resource }) => {
      const [name] = /[A-Z][a-z]+(?=[0-9A-F]{8}$)/.exec(id);
      const [what] = /RealtimeTable|ChatTable|POST|DELETE|function/.exec(resource);
      return `${name} ${action} ${what}`;
    }),
  );
const [first = [], ...others] = runs.map(unused);
const never = first.filter((grant) => others.every((run) => run.includes(grant)) && !rare.includes(grant));
assert.deepEqual(never, [], "permissions that nothing has needed");
console.log(`${runs.length} runs have needed every permission, but for ${rare.length} at most.`);
