// Who is offered while somebody is being mentioned.
import type { User } from "@confab/chat";
import { bestMatches, matchOf } from "./search";

const maxOffered = 20;

/** Those of the people who are offered when somebody has typed an "@" and this, the best first. */
export function offered(people: readonly User[], typed: string): User[] {
  // Behind a space, only a name that goes on is meant: whoever has finished one wants to send.
  const goesOn = (name: string) => !/\s$/.test(typed) || name.toLowerCase().startsWith(typed.toLowerCase());
  const found = people.filter(({ name }) => matchOf(name, typed) > 1 && goesOn(name));
  return bestMatches(found, typed, (p) => p.name).slice(0, maxOffered);
}
