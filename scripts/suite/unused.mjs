// Fails when a synthesized stack grants a permission that no run of the suite has needed and
// that is not listed as rarely needed. CONFAB_UNUSED names the folder with the runs' reports, whose names begin
// with the stack's.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const rare = [
  // The chat never fetches sockets of the whole system. An application's handlers may, in every function.
  "Api dynamodb:BatchGetItem RealtimeTable",
  "Disconnect dynamodb:BatchGetItem RealtimeTable",
  "Fanout dynamodb:BatchGetItem RealtimeTable",
  "Sweep dynamodb:BatchGetItem RealtimeTable",
  // A join, leave or arrival is a minute old, or its function died.
  "Sweep dynamodb:GetItem ChatTable",
  "Sweep dynamodb:DeleteItem ChatTable",
  "Sweep dynamodb:BatchWriteItem ChatTable",
  // It has more than a page to visit.
  "Sweep lambda:InvokeFunction function",
  // A summary of reactions is late when its function died. Reactions end with their message.
  "Sweep dynamodb:ConditionCheckItem ChatTable",
  "Api dynamodb:BatchWriteItem ChatTable",
  // A line was lost before its CONNECT was over.
  "Sweep dynamodb:PutItem ChatTable",
  // These functions find lost lines, of which the sweep tells: unless there is no grace.
  "Disconnect execute-api:ManageConnections POST",
  "Disconnect dynamodb:Query ChatTable",
  "Fanout dynamodb:Query ChatTable",
  "Fanout dynamodb:PutItem ChatTable",
  // These functions emit to more than 300 only where an application does. What a lane could not post it hands over again.
  "Api sqs:SendMessage Fanouts",
  "Disconnect sqs:SendMessage Fanouts",
  "Sweep sqs:SendMessage Fanouts",
  "Fanout sqs:SendMessage Fanouts",
  // A post finds that its connection is gone, and its function ends it in the place of disconnect.
  "Api dynamodb:DeleteItem RealtimeTable",
  "Api execute-api:ManageConnections DELETE",
  "Fanout dynamodb:DeleteItem RealtimeTable",
  "Fanout dynamodb:Query RealtimeTable",
  "Fanout dynamodb:UpdateItem ChatTable",
  "Fanout execute-api:ManageConnections DELETE",
  "Sweep dynamodb:DeleteItem RealtimeTable",
  "Sweep execute-api:ManageConnections DELETE",
  // While one connection is ended, another is found to be gone.
  "Disconnect execute-api:ManageConnections DELETE",
];

// The engine's grants are the same in each stack, for handlers that use its whole API. The chat's are looked at.
const ofEngine = / (RealtimeTable|Fanouts|Failures|POST|DELETE|function)$/;

const folder = process.env.CONFAB_UNUSED ?? assert.fail("CONFAB_UNUSED is not set");
/**
 * The permissions that a run did not need, as "Function action resource".
 *
 * @param {Record<string, { action: string, resource: string }[]>} run
 * @returns {string[]}
 */
const unused = (run) =>
  Object.entries(run).flatMap(([id, grants]) =>
    grants.map(({ action, resource }) => {
      const name = /[A-Z][a-z]+(?=[0-9A-F]{8}$)/.exec(id) ?? assert.fail(`${id} is no function`);
      const kind =
        /RealtimeTable|ChatTable|Table[a-zX]+|Attachments(\/\w+)?|Fanouts|Failures|POST|DELETE|function/.exec(
          resource,
        ) ?? assert.fail(`unknown ${resource}`);
      return `${name[0]} ${action} ${kind[0]}`;
    }),
  );
/** @type {Record<string, (grant: string) => boolean>} */
const stacks = { Confab: (grant) => rare.includes(grant), Whiteboard: (grant) => ofEngine.test(grant) };
for (const [stack, isRare] of Object.entries(stacks)) {
  const runs = readdirSync(folder)
    .filter((name) => name.startsWith(`${stack}-`))
    .map((name) => unused(JSON.parse(readFileSync(join(folder, name), "utf8"))));
  assert.ok(runs.length > 0, `${stack} has not run`);
  const [first, ...others] = runs;
  const never = first.filter((grant) => others.every((run) => run.includes(grant)) && !isRare(grant));
  assert.deepEqual(never, [], `permissions of ${stack} that nothing has needed`);
  console.log(`${runs.length} runs of ${stack} have needed every permission, but for what is rarely needed.`);
}
