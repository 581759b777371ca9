package chat

import (
	"context"
	"net/http"
	"reflect"
	"slices"

	"github.com/confab-chat/confab/shared/realtime"
)

// Operation is something that clients may ask for, by an event, by HTTP, or by both.
type Operation struct {
	// Name is that of the event. In the description of the HTTP API it is the operation's id.
	Name string
	// Summary says in a sentence what it does.
	Summary string
	// Pattern is the method and the path by HTTP, whose wildcards have the names of fields of
	// the request. It is empty if there is only the event.
	Pattern string
	// HTTPOnly: there is no event.
	HTTPOnly bool
	// SocketFields are fields of the request that only a socket may set. By HTTP they are refused.
	SocketFields []string
	// Creates: by HTTP, success is 201.
	Creates bool
	// Always: by HTTP, nobody is refused it for what they have caused.
	Always bool
	// Price is what the operation counts in its user's budget. Tests in scripts/cost measure that
	// none is too low.
	Price realtime.Price
	// Errors are the codes that it may be refused with, beside those of everything.
	Errors []string
	// Request and Result are structs. The answer is the result with "ok": true.
	Request, Result reflect.Type

	// register adds the event, and serve makes the handler by HTTP.
	register func(*realtime.Server, Operation)
	serve    func(*Chat, Operation) http.HandlerFunc
}

// Operations returns everything that clients may ask for.
func Operations() []Operation { return new(Chat).operations() }

// operations is the one table of what clients may ask for. Events, routes, prices and the
// documents of package document are made from it; after a change, run
//
//	go test ./scripts/describe -update
func (c *Chat) operations() []Operation {
	return slices.Concat(c.roomOperations(), c.messageOperations(), c.reactionOperations(), c.threadOperations(), c.attachmentOperations(), c.markOperations(), c.personalOperations())
}

func (c *Chat) roomOperations() []Operation {
	return []Operation{
		doing(c.rooms.create, Operation{
			Name: "createRoom", Summary: "Makes a room.", Pattern: "POST /api/rooms", Creates: true,
			Price:  realtime.Price{Work: 20, Deliveries: 20},
			Errors: []string{CodeNotFound, CodeConflict, CodeTooManyRooms, CodeTooManyInvitations, realtime.CodeTooLarge},
		}),
		doing(c.rooms.join, Operation{
			Name: "joinRoom", Summary: "Becomes a member of a room, and accepts an invitation to it.",
			Pattern: "POST /api/rooms/{roomId}/join",
			Price:   realtime.Price{Work: 6, Deliveries: 20},
			Errors:  []string{CodeForbidden, CodeNotFound, CodeTooManyRooms},
		}),
		doing(c.rooms.leave, Operation{
			Name: "leaveRoom", Summary: "Ends one's membership in a room.", Pattern: "POST /api/rooms/{roomId}/leave",
			Price:  realtime.Price{Work: 6 + changeWork, Deliveries: 20},
			Errors: []string{CodeForbidden, CodeNotFound},
		}),
		doing(c.rooms.decline, Operation{
			Name: "declineInvitation", Summary: "Ends an invitation for good. It does nothing without one.",
			Pattern: "POST /api/rooms/{roomId}/decline",
			Price:   realtime.Price{Work: 3, Deliveries: 4},
		}),
		doing(c.rooms.members, Operation{
			Name: "members", Summary: "Lists the members of a room in pages.", Pattern: "GET /api/rooms/{roomId}/members",
			Price:  realtime.Price{Work: 4, Deliveries: 10},
			Errors: []string{CodeForbidden},
		}),
		doing(c.lists.list, Operation{
			Name: "listRooms", Summary: "Lists one's rooms, then one's invitations, then the other channels.", Pattern: "GET /api/rooms",
			Price: realtime.Price{Work: 8, Deliveries: 4},
		}),
		doing(c.syncs.sync, Operation{
			Name: "sync", Summary: "Lists one's rooms with their last messages, tells what is new in some of them since, and opens the one on the screen.",
			Pattern: "POST /api/sync", SocketFields: []string{"watch"},
			Price:  realtime.Price{Work: 8, Deliveries: 14}, // with a room of 20 on the screen, and ten others
			Errors: []string{realtime.CodeTooLarge},
		}),
		doing(c.lists.search, Operation{
			Name: "openRooms", Summary: "Finds channels by a part of their name.", Pattern: "GET /api/rooms/open",
			Price: realtime.Price{Work: 12},
		}),
	}
}

func (c *Chat) messageOperations() []Operation {
	return []Operation{
		doing(c.messages.send, Operation{
			Name: "sendMessage", Summary: "Stores a message and sends it to its room.", Creates: true,
			Pattern: "POST /api/rooms/{roomId}/messages",
			Price:   realtime.Price{Work: 10, Deliveries: 20}, // what a reply costs; a message costs 5 less
			Errors:  []string{CodeForbidden, CodeNotFound, CodeConflict, CodeTooLate, realtime.CodeTooLarge},
		}),
		doing(c.messages.edit, Operation{
			Name: "editMessage", Summary: "Replaces the text of one's own message.",
			Pattern: "PATCH /api/rooms/{roomId}/messages/{seq}",
			Price:   realtime.Price{Work: 6, Deliveries: 20},
			Errors:  []string{CodeForbidden, CodeNotFound, CodeVersion, realtime.CodeTooLarge},
		}),
		doing(c.messages.remove, Operation{
			Name: "deleteMessage", Summary: "Deletes what a message says. Its author may, and who made the room.",
			Pattern: "DELETE /api/rooms/{roomId}/messages/{seq}",
			Price:   realtime.Price{Work: 6, Deliveries: 20},
			Errors:  []string{CodeForbidden, CodeNotFound},
		}),
		doing(c.messages.pin, Operation{
			Name: "pin", Summary: "Pins a message, or ends that.",
			Pattern: "PUT /api/rooms/{roomId}/messages/{seq}/pin",
			Price:   realtime.Price{Work: 8, Deliveries: 20},
			Errors:  []string{CodeForbidden, CodeNotFound, CodeTooManyPins},
		}),
		doing(c.messages.pins, Operation{
			Name: "pins", Summary: "Returns the pinned messages of a room, the newest first.",
			Pattern: "GET /api/rooms/{roomId}/pins",
			Price:   realtime.Price{Work: 16},
			Errors:  []string{CodeForbidden},
		}),
		doing(c.links.preview, Operation{
			Name: "previewLink", Summary: "Shows what a link in one's own message leads to, or ends that.",
			Pattern: "PUT /api/rooms/{roomId}/messages/{seq}/link-preview",
			Price:   realtime.Price{Work: 12, Deliveries: 20},
			Errors:  []string{CodeForbidden, CodeNotFound},
		}),
		doing(c.searches.search, Operation{
			Name: "search", Summary: "Finds messages by their words, in a room or in all of one's rooms.",
			Pattern: "GET /api/search",
			Price:   realtime.Price{Work: 10},
			Errors:  []string{CodeForbidden},
		}),
		doing(c.lists.mentions, Operation{
			Name: "mentions", Summary: "Returns the messages that mention one, the newest first.", Pattern: "GET /api/mentions",
			Price: realtime.Price{Work: 4},
		}),
		doing(c.messages.changes, Operation{
			Name: "changes", Summary: "Returns the messages that have changed after a revision, as they are now.",
			Pattern: "GET /api/rooms/{roomId}/changes",
			Price:   realtime.Price{Work: 16},
			Errors:  []string{CodeForbidden},
		}),
		doing(c.messages.history, Operation{
			Name: "history", Summary: "Returns a part of a room's log: the newest, before a position, after one, or from a moment on.",
			Pattern: "GET /api/rooms/{roomId}/messages",
			Price:   realtime.Price{Work: 6},
			Errors:  []string{CodeForbidden},
		}),
	}
}

func (c *Chat) reactionOperations() []Operation {
	return []Operation{
		doing(c.reactions.react, Operation{
			Name: "react", Summary: "Reacts to a message with an emoji, or ends that.",
			Pattern: "PUT /api/rooms/{roomId}/messages/{seq}/reactions",
			Price:   realtime.Price{Work: 12, Deliveries: 20},
			Errors:  []string{CodeForbidden, CodeNotFound, CodeTooManyReactions},
		}),
		doing(c.reactions.who, Operation{
			Name: "reactions", Summary: "Tells who has reacted to a message with an emoji, in pages.",
			Pattern: "GET /api/rooms/{roomId}/messages/{seq}/reactions",
			Price:   realtime.Price{Work: 4},
			Errors:  []string{CodeForbidden},
		}),
	}
}

func (c *Chat) attachmentOperations() []Operation {
	return []Operation{
		doing(c.files.offer, Operation{
			Name: "createUpload", Summary: "Returns a form that uploads a file, for a message to a room.", Creates: true,
			Pattern: "POST /api/rooms/{roomId}/attachments",
			Price:   realtime.Price{Work: 10},
			Errors:  []string{CodeForbidden, CodeNotFound, realtime.CodeTooLarge},
		}),
		doing(c.files.link, Operation{
			Name: "attachmentURL", Summary: "Returns an address from which an attachment can be read for a quarter of an hour.",
			Pattern: "GET /api/rooms/{roomId}/attachments/{id}",
			Price:   realtime.Price{Work: 1},
			Errors:  []string{CodeForbidden, CodeNotFound},
		}),
	}
}

func (c *Chat) markOperations() []Operation {
	return []Operation{
		doing(c.marks.read, Operation{
			Name: "markRead", Summary: "Marks a room as read up to a position, or as unread after it.",
			Pattern: "PUT /api/rooms/{roomId}/read",
			Price:   realtime.Price{Work: 2, Deliveries: 2},
			Errors:  []string{CodeForbidden, CodeNotFound},
		}),
		doing(c.marks.readAll, Operation{
			Name: "markAllRead", Summary: "Marks several rooms as read up to positions.", Pattern: "PUT /api/read",
			Price:  realtime.Price{Work: 2, Deliveries: 8},
			Errors: []string{realtime.CodeTooLarge},
		}),
		doing(c.marks.readers, Operation{
			Name: "readMarks", Summary: "Tells up to where the members of a small room have read it.",
			Pattern: "GET /api/rooms/{roomId}/read",
			Price:   realtime.Price{Work: 4},
			Errors:  []string{CodeForbidden, realtime.CodeTooLarge},
		}),
		doing(c.drafts.save, Operation{
			Name: "saveDraft", Summary: "Keeps what one has typed and not sent for all of one's devices.",
			Pattern: "PUT /api/rooms/{roomId}/draft",
			Price:   realtime.Price{Work: 2, Deliveries: 2},
			Errors:  []string{CodeForbidden, realtime.CodeTooLarge},
		}),
	}
}

func (c *Chat) threadOperations() []Operation {
	return []Operation{
		doing(c.messages.thread, Operation{
			Name: "thread", Summary: "Returns a part of a thread's log, and how one stands to it.",
			Pattern: "GET /api/rooms/{roomId}/messages/{seq}/thread",
			Price:   realtime.Price{Work: 8},
			Errors:  []string{CodeForbidden, CodeNotFound},
		}),
		doing(c.marks.followThread, Operation{
			Name: "followThread", Summary: "Follows a thread, or stops it.",
			Pattern: "PUT /api/rooms/{roomId}/messages/{seq}/follow",
			Price:   realtime.Price{Work: 4, Deliveries: 2},
			Errors:  []string{CodeForbidden, CodeNotFound},
		}),
		doing(c.marks.followed, Operation{
			Name: "followedThreads", Summary: "Lists the threads that one follows, with what is unread.",
			Pattern: "GET /api/threads",
			Price:   realtime.Price{Work: 4},
		}),
	}
}

func (c *Chat) personalOperations() []Operation {
	return []Operation{
		doing(c.presence.query, Operation{
			Name: "presence", Summary: "Tells who is online.",
			Price:  presencePrice,
			Errors: []string{realtime.CodeTooLarge},
		}),
		doing(c.presence.queryOne, Operation{
			Name: "presenceOfUser", Summary: "Tells whether somebody is online.", HTTPOnly: true,
			Pattern: "GET /api/users/{userId}/presence",
			Price:   presencePrice,
		}),
		doing(c.presence.watch, Operation{
			Name: "watch", Summary: "Names the rooms of whose members one is told when they come and go, and tells who is online.",
			Price:  realtime.Price{Work: 4, Deliveries: 8},
			Errors: []string{CodeForbidden, realtime.CodeTooLarge},
		}),
		doing(c.presence.typing, Operation{
			Name: "typing", Summary: "Tells the others in a room whether one is typing.",
			Price:  realtime.Price{Work: 1},
			Errors: []string{CodeForbidden},
		}),
		doing(c.sessions.refreshToken, Operation{
			Name: "refreshToken", Summary: "Lets a connection live as long as a newer token of the same user.",
			Price:  realtime.Price{Work: 4, Deliveries: 10},
			Errors: []string{CodeForbidden},
		}),
		doing(c.sessions.signOutEverywhere, Operation{
			Name: "signOutEverywhere", Summary: "Refuses every token by which one has signed in until now, and ends one's connections.",
			Pattern: "POST /api/session/sign-out-everywhere", Always: true,
			Price: realtime.Price{Work: 50, Deliveries: 20},
		}),
	}
}

// presencePrice is what it costs to ask who is online.
var presencePrice = realtime.Price{Work: 1, Deliveries: 4}

// doing completes an operation with what it does.
func doing[In, Out any](do func(context.Context, actor, In) (Out, error), o Operation) Operation {
	o.Request, o.Result = reflect.TypeFor[In](), reflect.TypeFor[Out]()
	o.register = func(server *realtime.Server, o Operation) { on(server, o, do) }
	o.serve = func(c *Chat, o Operation) http.HandlerFunc { return serve(c, o, do) }
	return o
}

// Prices returns what events cost, by their names.
func Prices() map[string]realtime.Price {
	prices := map[string]realtime.Price{}
	for _, o := range Operations() {
		if !o.HTTPOnly {
			prices[o.Name] = o.Price
		}
	}
	return prices
}
