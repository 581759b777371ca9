// Package apps holds applications for the local cloud besides the product's own
// chat: one that shows the engine, and the one that public Socket.IO test suites
// expect.
package apps

import (
	"fmt"
	"slices"
	"strings"

	"github.com/confab-chat/confab/functions/app"
	"github.com/confab-chat/confab/shared/realtime"
)

// Chat is the name of the product itself: the chat and package functions/app.
const Chat = "chat"

var all = map[string]func(*realtime.Server){
	Chat:   app.Register,
	"tour": Tour,
}

// Find returns what registers an application's handlers.
func Find(name string) (func(*realtime.Server), error) {
	register, ok := all[name]
	if !ok {
		return nil, fmt.Errorf("there is no application %q; there are %s", name, strings.Join(Names(), ", "))
	}
	return register, nil
}

// Names lists the applications.
func Names() []string {
	var names []string
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
