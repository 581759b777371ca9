// Package simulate runs the whole chat in a small world and looks for histories after which it
// is wrong. Its tests are the simulator: see [docs/guarantees.md] and `make simulate`.
//
// A history is made from a seed. Users with devices create, join and leave rooms, and send and
// read messages, while calls of the stores and of the gateway fail, functions die, invocations
// are repeated and lines break. Then the faults end, the sweep runs, and the checker compares
// what everybody was told with what is stored.
//
// Everything runs in a testing/synctest bubble, and every call of a store or of the gateway
// waits until the world lets it go on. The world lets one go at a time and chooses it by the
// seed. So a history is repeated by its seed, and all interleavings of calls are possible. Time
// is simulated, so waiting costs none.
//
// [docs/guarantees.md]: ../../docs/guarantees.md
package simulate
