package store

// Reason is why a socket ended, in the reference server's words. Package realtime names them.
type Reason string
