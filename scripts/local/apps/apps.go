// Package apps has applications for the local cloud besides the chat: examples of the
// engine, and the application that public Socket.IO test suites expect.
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

// Suites is the application for public test suites, and WithoutRootAuth the same without the
// event "auth" in the root namespace.
const (
	Suites          = "conformance"
	WithoutRootAuth = "conformance-without-root-auth"
)

// EnvApp is the environment variable that chooses the application in a function that has
// all of them (scripts/local/apps/function).
const EnvApp = "LOCAL_APP"

// App is an application.
type App struct {
	Register func(*realtime.Server)
	// WithoutChat says that the application needs the root namespace, which is the chat's.
	WithoutChat bool
	// LikeAServer says that its clients expect the behaviour of a Socket.IO server: events
	// are handled in the order in which they were sent, no frames but answers and events are
	// sent, and connection state recovery is on.
	LikeAServer bool
}

var all = map[string]App{
	"account":       {Register: Account, WithoutChat: true},
	Chat:            {Register: app.Register},
	"chatroom":      {Register: Chatroom, WithoutChat: true},
	Suites:          {Register: Conformance, WithoutChat: true, LikeAServer: true},
	WithoutRootAuth: {Register: ConformanceWithoutRootAuth, WithoutChat: true, LikeAServer: true},
	"counter":       {Register: Counter, WithoutChat: true},
	"dashboard":     {Register: Dashboard, WithoutChat: true},
	"load":          {Register: Load},
	"tour":          {Register: Tour},
}

// Find returns an application by its name.
func Find(name string) (App, error) {
	found, ok := all[name]
	if !ok {
		return App{}, fmt.Errorf("there is no application %q; choose one of %s", name, strings.Join(Names(), ", "))
	}
	return found, nil
}

// Names lists the applications. WithoutRootAuth is not among them: it is a variant.
func Names() []string {
	var names []string
	for name := range all {
		if name != WithoutRootAuth {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
