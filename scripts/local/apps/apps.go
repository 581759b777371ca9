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

// EnvApp is the environment variable that names the application to functions which have
// all of them in their code (scripts/local/apps/function).
const EnvApp = "LOCAL_APP"

// App is an application.
type App struct {
	Register func(*realtime.Server)
	// WithoutChat: the chat, which keeps the root namespace for itself, is not there.
	WithoutChat bool
	// LikeAServer: it is for clients that expect of a server what AWS does not promise, or
	// Confab does only when asked: events handled in the order in which they were sent, no
	// frames but answers and events, and connection state recovery.
	LikeAServer bool
}

var all = map[string]App{
	Chat:          {Register: app.Register},
	"chatroom":    {Register: Chatroom, WithoutChat: true},
	"conformance": {Register: Conformance, WithoutChat: true, LikeAServer: true},
	"counter":     {Register: Counter, WithoutChat: true},
	"dashboard":   {Register: Dashboard, WithoutChat: true},
	"tour":        {Register: Tour},
}

// Find returns an application by its name.
func Find(name string) (App, error) {
	found, ok := all[name]
	if !ok {
		return App{}, fmt.Errorf("there is no application %q; there are %s", name, strings.Join(Names(), ", "))
	}
	return found, nil
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
