import type { LocationWindow } from "../src/store/location";

export { FakeSocket } from "../client/test/fakeSocket";

/** A window at an address, without a page. */
export function fakeWindow(hash = "") {
  const location = { hash, pathname: "/", search: "", origin: "http://localhost:3000" };
  const go = (_state: unknown, _title: string, address: string) => {
    location.hash = new URL(address, location.origin).hash;
  };
  const history = { state: null, pushState: go, replaceState: go, back: () => go(null, "", "/"), go: () => {} };
  return { location, history, addEventListener: () => {} } as unknown as LocationWindow;
}
