// What every client is asked to do. A client's program runs them all in this order
// and prints {"behaviour", "failed"?} for each, one line of JSON.
export const behaviours = [
  "connects with auth",
  "is refused without auth",
  "the server acknowledges",
  "the client acknowledges",
  "a room hears a broadcast",
  "namespaces share a connection",
  "the client disconnects",
  "the server disconnects",
  "reconnects after a cut",
  "bytes to the server",
  "bytes to the client",
];
