// What every client has to do. A client's program runs all of them in this order and prints
// {"behaviour", "failed"?} for each, one line of JSON.
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
  "keeps an event that comes before its CONNECT reply",
];
