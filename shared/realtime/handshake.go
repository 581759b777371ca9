package realtime

import "github.com/confab-chat/confab/shared/realtime/store"

// Handshake is what the client sent when it connected.
type Handshake = store.Handshake
