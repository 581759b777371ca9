// Every operation of the chat, by an unmodified client in another language:
//   node scripts/interop/chat.mjs [flags of the local cloud]
// It needs `make build/local`. The AsyncAPI document says which operations there are, so a new one
// fails here until the client's program has a case for it.
import { asyncapi } from "../suite/contract.mjs";
import { startCloud } from "../suite/harness.mjs";
import { chatClient } from "./clients.mjs";
import { runBehaviours, Unavailable } from "./install.mjs";

/** How long it may take for all of them. */
const timeout = 300_000;

const operations = Object.entries(asyncapi.operations)
  .filter(([, { action }]) => action === "receive")
  .map(([operation]) => operation);

try {
  const command = await chatClient.start();
  // Of whom comes online, the sweep tells.
  const cloud = await startCloud(["-sweep-every", "1s", ...process.argv.slice(2)]);
  const { done, code, stderr } = await runBehaviours([...command, cloud.url], timeout);
  await cloud.stop();
  const failures = [...done].filter(([, failed]) => failed).map(([behaviour, failed]) => `${behaviour}: ${failed}`);
  failures.push(...operations.filter((o) => !done.has(o)).map((operation) => `${operation}: was not tried`));
  if (code !== 0) failures.push(`it ended with ${code}`, stderr);
  const passed = operations.filter((o) => done.has(o) && !done.get(o)).length;
  console.log(`\n${chatClient.name} does ${passed} of the chat's ${operations.length} operations`);
  if (failures.length > 0) console.error([...failures, cloud.stderr].join("\n"));
  process.exitCode = failures.length > 0 ? 1 : 0;
} catch (error) {
  if (!(error instanceof Unavailable)) throw error;
  console.log(`skipped: the chat's operations by ${chatClient.name}, because ${error.message}`);
}
