package types

import (
	"slices"

	"github.com/confab-chat/confab/shared/realtime"
)

// engineCodes are the codes with which the engine refuses, sorted. An application that does not import the engine's
// package has no way to them: the compiler keeps only what it uses.
func engineCodes() []string {
	codes := []string{
		realtime.CodeBadRequest, realtime.CodeUnknownEvent, realtime.CodeUnauthorized, realtime.CodeRateLimited, realtime.CodeTooManyRooms,
		realtime.CodeTooManySockets, realtime.CodeTooLarge, realtime.CodeBinaryOrder, realtime.CodeUnavailable, realtime.CodeInternal,
	}
	slices.Sort(codes)
	return codes
}
