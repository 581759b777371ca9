import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Refused, type Tokens } from "../src/core/oidc";
import { Renewal } from "../src/core/renewal";

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

const hour = 3600_000;
const away = new Error("no network");

/** A renewal whose identity provider gives these answers, and then refuses. */
function begin(issued: { refreshToken?: string; expiresAt: number }, answers: (Tokens | Error)[] = []) {
  const log: string[] = [];
  const renewal = new Renewal(issued, {
    renew: async (refreshToken) => {
      log.push(`${Date.now() / 60_000} renew ${refreshToken}`);
      const answer = answers.shift() ?? new Refused("invalid_grant");
      if (answer instanceof Error) throw answer;
      return answer;
    },
    onRenewed: (tokens) => log.push(`renewed ${tokens.token}`),
    onEnded: () => log.push(`${Date.now() / 60_000} ended`),
  });
  return { renewal, log };
}

test("a token is renewed five minutes before its end, and the next one too", async () => {
  const { log, renewal } = begin({ refreshToken: "r1", expiresAt: hour }, [
    { token: "t2", refreshToken: "r2", expiresAt: 2 * hour },
    { token: "t3", refreshToken: "r3", expiresAt: 3 * hour },
  ]);
  await vi.advanceTimersByTimeAsync(2 * hour);
  renewal.stop();
  expect(log).toEqual(["55 renew r1", "renewed t2", "115 renew r2", "renewed t3"]);
});

test("a short-lived token is renewed when a fifth of its life is left", async () => {
  const { log } = begin({ refreshToken: "r", expiresAt: 10 * 60_000 });
  await vi.advanceTimersByTimeAsync(9 * 60_000);
  expect(log).toEqual(["8 renew r"]);
});

test("without a refresh token, or when it is refused, the token is used until it ends", async () => {
  const without = begin({ expiresAt: hour });
  const refused = begin({ refreshToken: "r", expiresAt: hour });
  await vi.advanceTimersByTimeAsync(2 * hour);
  expect(without.log).toEqual(["60 ended"]);
  expect(refused.log).toEqual(["55 renew r", "60 ended"]);
});

test("an unreachable identity provider is asked again, even after the token has ended", async () => {
  const { log } = begin({ refreshToken: "r", expiresAt: hour }, [
    ...Array(20).fill(away),
    { token: "t2", refreshToken: "r2", expiresAt: 9 * hour },
  ]);
  await vi.advanceTimersByTimeAsync(hour + 20 * 60_000);
  expect(log.at(-1)).toBe("renewed t2");
  expect(log.length).toBe(22);
  expect(log).not.toContain("60 ended");
});

test("callers at the same time share one attempt and its outcome", async () => {
  const { renewal, log } = begin({ refreshToken: "r", expiresAt: -1 }, [away, { token: "t2", expiresAt: hour }]);
  expect(await Promise.all([renewal.now(), renewal.now()])).toEqual(["later", "later"]);
  expect(await renewal.now()).toBe("renewed");
  expect(await renewal.now()).toBe("never");
  expect(log).toEqual(["0 renew r", "0 renew r", "renewed t2"]);
});

test("nothing happens after the stop", async () => {
  const { renewal, log } = begin({ refreshToken: "r", expiresAt: hour }, [{ token: "t2", expiresAt: 2 * hour }]);
  const outcome = renewal.now();
  renewal.stop();
  expect(await outcome).toBe("never");
  await vi.advanceTimersByTimeAsync(3 * hour);
  expect(log).toEqual(["0 renew r"]);
});

test("a life longer than the longest timer is waited for", async () => {
  const days = 24 * hour;
  const { log } = begin({ expiresAt: 60 * days });
  await vi.advanceTimersByTimeAsync(59 * days);
  expect(log).toEqual([]);
  await vi.advanceTimersByTimeAsync(2 * days);
  expect(log).toEqual([`${60 * 24 * 60} ended`]);
});
