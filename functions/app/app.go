// Package app holds your own event handlers. They run beside the chat's, locally and on
// AWS.
package app

import "github.com/confab-chat/confab/shared/realtime"

// Register adds your handlers. It is empty, so that a deployment serves nothing that you did
// not write. The root namespace belongs to the chat; every other one is yours. app_test.go
// has an example to copy, and docs/security.md says how to ask clients for a token.
func Register(*realtime.Server) {}
