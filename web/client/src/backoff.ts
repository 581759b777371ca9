/**
 * How long to wait before the next attempt, in milliseconds: twice as long each time up
 * to a limit, with jitter, so that many clients do not return at the same moment.
 */
export function backoff(attempt: number, { first = 400, limit = 8000, random = Math.random } = {}): number {
  const most = Math.min(first * 2 ** Math.max(0, attempt - 1), limit);
  return most / 2 + (random() * most) / 2;
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
