package chat

import (
	"context"
	"errors"
	"time"
)

// Errors that a Store answers with, apart from its own failures.
var (
	// ErrNoRoom: there is no room with this id.
	ErrNoRoom = errors.New("chat: no such room")
	// ErrNotMember: the sender is not a member of the room.
	ErrNotMember = errors.New("chat: not a member")
	// ErrTaken: the log has a message or a tombstone at this position already.
	ErrTaken = errors.New("chat: position is taken")
	// ErrConflict: the tempID was used for another content.
	ErrConflict = errors.New("chat: tempID was used for another content")
	// ErrRevised: another revision was faster.
	ErrRevised = errors.New("chat: another revision was faster")
	// ErrNotInvited: there is no invitation, or it has expired.
	ErrNotInvited = errors.New("chat: not invited")
	// ErrTooManyRooms: somebody would be in more than MaxRooms rooms.
	ErrTooManyRooms = errors.New("chat: in too many rooms")
	// ErrTooManyMade: the creator has made MaxRoomsMade rooms today, or would invite more than
	// MaxInvited people.
	ErrTooManyMade = errors.New("chat: made too much today")
	// ErrOvertaken: a change of a membership that was asked for later has been made already.
	ErrOvertaken = errors.New("chat: overtaken by a later change")
)

// Store keeps rooms, members, logs and presence. Package storetest has the tests that
// every implementation passes; shared/dynamo/chatstore and shared/chat/memstore are two.
//
// All methods are safe for concurrent use and read what was written before them. Each
// may be repeated when its answer was lost: what it stored stays stored once. Times are
// kept to the millisecond. An error of a failure that may pass has a method
// Unavailable() bool that returns true, as [realtime.Safe] expects.
//
//layout:large because it is the sum of the roles, each of which is small
type Store interface {
	RoomStore
	MemberStore
	InvitationStore
	ChangeStore
	LogStore
	RevisionStore
	ReactionStore
	SearchStore
	LinkStore
	MarkStore
	ThreadStore
	MentionStore
	DraftStore
	PresenceStore
	BudgetStore
	SignOutStore
}

// RoomStore keeps rooms.
type RoomStore interface {
	// CreateRoom stores a room with its members, the creator among them, and with invitations
	// of others, and returns the room. If there is one with the same id, or the same creator
	// made one with the same tempID in the last 30 days, nothing changes: that one is returned,
	// and created is false. An empty tempID equals no other. A room that is made is noted as a
	// Change without a user. ErrConflict if what was made with the tempID has another
	// Fingerprint, ErrTooManyRooms, ErrTooManyMade.
	CreateRoom(ctx context.Context, r Room, members []Member, invited []string, tempID string) (stored Room, created bool, err error)
	// EarlierRoom returns the room for which CreateRoom, asked for the same, would make no other.
	// ErrNoRoom if it would make one, ErrConflict.
	EarlierRoom(ctx context.Context, r Room, members []Member, invited []string, tempID string) (Room, error)
	// Room returns a room as it was created, so its Head is not the log's. ErrNoRoom.
	Room(ctx context.Context, roomID string) (Room, error)
	// Rooms returns those of the rooms that exist, in any order, with the heads of their
	// logs. No id comes twice.
	Rooms(ctx context.Context, roomIDs []string) ([]Room, error)
	// OpenRooms returns channels as they were created, without their data, the newest first, at most limit. With a
	// Place, it returns those that come after it in this order.
	OpenRooms(ctx context.Context, after Place, limit int) ([]Room, error)
}

// MemberStore keeps who is in which room.
type MemberStore interface {
	// AddMember reports whether the user was not a member before. A member stays as they
	// were. A new one has their FirstMark. at is when the change was asked for. A change is noted as a Change.
	// ErrOvertaken, also if the user left at the same time. ErrTooManyRooms.
	AddMember(ctx context.Context, roomID string, m Member, at time.Time) (bool, error)
	// RemoveMember reports whether the user was a member before. at is when the change was
	// asked for. It is noted as a Change, also if the user was no member. ErrOvertaken.
	RemoveMember(ctx context.Context, roomID string, u User, at time.Time) (bool, error)
	// IsMember reports whether a user is a member.
	IsMember(ctx context.Context, roomID, userID string) (bool, error)
	// Type notes that a user types in a room, or that they have stopped. news is false if they
	// are no member, if they were noted to type less than TypingPause ago, or if they were not
	// noted to type before they stopped.
	Type(ctx context.Context, roomID, userID string, on bool, now time.Time) (member, news bool, err error)
	// Members returns members of a room in the order of their ids, at most limit.
	Members(ctx context.Context, roomID string, limit int) ([]Member, error)
	// MembersAfter is Members for those whose ids come after a user's.
	MembersAfter(ctx context.Context, roomID, userID string, limit int) ([]Member, error)
	// RoomsOf returns the ids of a user's rooms, in order.
	RoomsOf(ctx context.Context, userID string) ([]string, error)
	// Admission is RoomsOf with SignedOut of the user, in no further call.
	Admission(ctx context.Context, userID string) (roomIDs []string, signedOut time.Time, err error)
}

// InvitationStore keeps who was invited to a room and has not joined it.
type InvitationStore interface {
	// StandingOf returns a user's rooms, and the invitations that have not expired by now.
	StandingOf(ctx context.Context, userID string, now time.Time) (Standing, error)
	// Invited returns the ids of the users with an invitation to a room, in order.
	Invited(ctx context.Context, roomID string, now time.Time) ([]string, error)
	// AcceptInvitation is AddMember for a user with an invitation, which it deletes.
	// ErrNotInvited.
	AcceptInvitation(ctx context.Context, roomID string, m Member, at time.Time) (bool, error)
	// DeclineInvitation deletes a user's invitation to a room, if there is one.
	DeclineInvitation(ctx context.Context, roomID, userID string) error
}

// ChangeStore keeps the last change of each membership that has changed lately.
type ChangeStore interface {
	// Changes returns all changes that are noted. It may be slightly stale.
	Changes(ctx context.Context) ([]Change, error)
	// ChangeOf returns the change that is noted of a membership. noted is false if none is.
	ChangeOf(ctx context.Context, roomID, userID string) (c Change, noted bool, err error)
	// FinishChange notes that a change is Finished, and ForgetChange deletes it. Neither does
	// anything if a later one is noted.
	FinishChange(ctx context.Context, c Change) error
	ForgetChange(ctx context.Context, c Change) error
	// MarkLeft makes Take name a user among those who left a room, and UnmarkLeft ends that,
	// unless they were marked for a later time. If many leave at once, Take may name some
	// of them only.
	MarkLeft(ctx context.Context, roomID, userID string, at time.Time) error
	UnmarkLeft(ctx context.Context, roomID, userID string, at time.Time) error
}

// Change is a change of a membership: a user joined or left a room. It is noted in the same
// call that makes it, before the user's sockets follow.
type Change struct {
	RoomID string
	// User is who joined or left. Without an id, all first members joined a new room.
	User User
	// At is when the change was asked for.
	At time.Time
	// Finished: the sockets follow the change, and the room was told.
	Finished bool
}

// Taken is a position that was handed out.
type Taken struct {
	Seq int64
	// Earlier is the last position before Seq where a message of the same tempID may be, or may come. 0: there
	// is none.
	Earlier int64
	// Left are the users who are marked as having left the room.
	Left []string
}

// LogStore keeps the logs of rooms and of threads. Each has an id: see [LogID]. A log has positions 1, 2, 3, …. A writer takes one
// and then puts a message there. A position that was taken and is still empty is a hole;
// a tombstone closes it. Whatever stands at a position stays there for ever.
type LogStore interface {
	// Take hands out the next position of the log of a room for a sender's tempID. The same
	// tempID may get the same position again, and does while no other was handed out, but
	// never taken, which the caller found occupied (0 if none).
	Take(ctx context.Context, roomID, senderID, tempID string, now time.Time, taken int64) (Taken, error)
	// Put stores a message at its position in its room, if its sender is a member. If one of the sender's with
	// the same TempID is there, or, for a message without Original, if the sender has put one in this room in
	// the last 30 days, nothing is stored: that one is returned, and fresh is false. The mark of the sender moves
	// forward to a message that is stored. ErrNotMember, ErrTaken, and ErrConflict if that one was sent with
	// another Fingerprint.
	Put(ctx context.Context, m Message) (stored Message, fresh bool, err error)
	// WasSent reports whether Put or PutReply, asked to store a message with the sender, TempID and content of m, would
	// return one that is stored. ErrConflict as for Put.
	WasSent(ctx context.Context, m Message) (bool, error)
	// Head returns the end of a log, or the zero Head if nothing was taken.
	Head(ctx context.Context, log string) (Head, error)
	// Heads is Head of several logs, by them. No log comes twice.
	Heads(ctx context.Context, logs []string) (map[string]Head, error)
	// Entries returns what stands at the positions from first to last, in order, without
	// the holes.
	Entries(ctx context.Context, log string, first, last int64) ([]Entry, error)
	// EntriesAt returns what stands at positions of several logs, by them, without the holes. No
	// position comes twice.
	EntriesAt(ctx context.Context, positions []Position) (map[Position]Entry, error)
	// Void puts a tombstone at a position if it is empty, and returns what stands there
	// now.
	Void(ctx context.Context, log string, seq int64, now time.Time) (Entry, error)
}

// Position is a position in a log.
type Position struct {
	Log string
	Seq int64
}

// Head is the end of a room's log.
type Head struct {
	// Seq is the last position that was handed out.
	Seq int64
	// At is when it was handed out.
	At time.Time
	// Rev is the last revision of the log.
	Rev int64
}

// RevisionStore changes messages where they stand. A log has a second one for it, of
// revisions, with positions 1, 2, 3, … and without holes: what it has are the positions of the
// messages that were changed.
type RevisionStore interface {
	// Revisable returns a message as it stands, and what a revision has to know beside it.
	Revisable(ctx context.Context, log string, seq int64) (Revisable, error)
	// Revise puts m in the place of the message as it was, as the revision m.Rev of the log, if
	// that follows the last one, the message's Rev is still that of was, and the user is a member.
	// ErrNotMember, and ErrRevised if one of the others does not hold.
	Revise(ctx context.Context, m, was Message, userID string) error
	// Revisions returns the log of revisions after a position, at most limit of them.
	Revisions(ctx context.Context, log string, after int64, limit int) ([]int64, error)
	// Messages returns the messages at positions that are distinct, in any order.
	Messages(ctx context.Context, log string, seqs []int64) ([]Message, error)
	// Pinned returns the positions below before of the messages that are pinned, the last first,
	// at most limit of them.
	Pinned(ctx context.Context, roomID string, before int64, limit int) ([]int64, error)
}

// ReactionStore keeps who has reacted to which message.
type ReactionStore interface {
	// React stores a reaction, or deletes it, and notes that at a time. It asks for no membership.
	React(ctx context.Context, r Reacted, on bool, at time.Time) error
	// Reactions returns the reactions to a message, in the order of emojis, then of the users' ids.
	Reactions(ctx context.Context, log string, seq int64) ([]Reacted, error)
	// ReactedWith returns those who have reacted to the message of r with its emoji and whose ids come
	// after one, in their order, at most limit; and whether the user of r is one of all.
	ReactedWith(ctx context.Context, r Reacted, after string, limit int) (users []User, mine bool, err error)
	// ForgetReactions deletes the reactions to a message.
	ForgetReactions(ctx context.Context, log string, seq int64) error
	// ReactionNotes returns what was noted before a time, the oldest first, at most limit. It may
	// be slightly stale. ForgetReactionNotes deletes some.
	ReactionNotes(ctx context.Context, before time.Time, limit int) ([]ReactionNote, error)
	ForgetReactionNotes(ctx context.Context, notes []ReactionNote) error
}

// SearchStore finds messages.
type SearchStore interface {
	// Search returns the positions from first to last of a room's log at which messages stand that
	// have all Terms, in any order. It may be slightly stale. units are the read capacity units that
	// it took.
	Search(ctx context.Context, roomID string, first, last int64, terms []string) (seqs []int64, units float64, err error)
	// SearchReplies is Search for the replies in a room's threads. The place of a reply is the revision of the room at
	// which it is CountedAt.
	SearchReplies(ctx context.Context, roomID string, first, last int64, terms []string) (found []Hit, units float64, err error)
}

// Hit is a message that a search has found, and its place in what was searched.
type Hit struct {
	Place int64
	Position
}

// LinkStore remembers for a while what was found behind the links of rooms.
type LinkStore interface {
	// TakeLink takes the right to look what is behind a link, until a time, unless something is known
	// of it for its room.
	TakeLink(ctx context.Context, roomID, url string, now, until time.Time) (known KnownLink, taken bool, err error)
	// KeepLink stores what was found until a time, or with nil that there is nothing to show. The preview
	// needs no URL.
	KeepLink(ctx context.Context, roomID, url string, preview *LinkPreview, until time.Time) error
}

// KnownLink is what is known of a link. The zero value stands for nothing to show.
type KnownLink struct {
	Preview *LinkPreview `json:"preview,omitempty"`
	// Fetching: somebody looks what is there.
	Fetching bool `json:"fetching,omitempty"`
}

// MarkStore keeps up to where members have read their rooms, and followers their threads. A member
// from before there were marks has none.
type MarkStore interface {
	// MarkRead moves a member's mark forward to a position, unless it is there already. With a
	// version, it moves a mark of that version or an earlier one only. It returns the mark as it
	// is now. ErrNotMember, also if the user does not follow the thread.
	MarkRead(ctx context.Context, log, userID string, seq int64, version *int64) (Mark, error)
	// MarkUnread sets a member's mark to a position and raises its version by one. With a
	// version, it sets a mark of that version only. It returns the mark as it is now.
	// ErrNotMember, as for MarkRead.
	MarkUnread(ctx context.Context, log, userID string, seq int64, version *int64) (Mark, error)
	// Marks returns the marks of those of the users who have one, by their ids. No id comes twice.
	Marks(ctx context.Context, roomID string, userIDs []string) (map[string]Mark, error)
}

// ThreadStore keeps the replies of threads, and who follows them. A thread's log is read and revised
// by its id. Its replies have no holes: each is stored with a revision of the first message, which
// counts them.
type ThreadStore interface {
	// PutReply stores a reply at its position in its thread, if its sender is a member of the room,
	// and puts first in the place of the thread's first message as it was, as Revise does. The sender follows the thread
	// then, with the mark at the reply; so does the sender of the first message when the first reply
	// comes, from the beginning. If the sender has put a message with the same TempID in this room
	// in the last 30 days, nothing changes: that one is returned, and fresh is false. ErrNotMember, ErrRevised,
	// and ErrConflict if that one was sent with another Fingerprint.
	PutReply(ctx context.Context, reply, first, was Message) (stored Message, fresh bool, err error)
	// Follow notes whether a user follows a thread. The mark of somebody who did not do so is at a
	// position.
	Follow(ctx context.Context, log, userID string, on bool, seq int64) (Follow, error)
	// FollowOf returns how a user stands to a thread, and what SaveDraft has stored of theirs there.
	FollowOf(ctx context.Context, log, userID string) (Follow, Draft, error)
	// Followed returns the threads that a user follows in the order of their logs' ids, at most
	// limit, and those whose ids come after one. It does not ask for memberships.
	Followed(ctx context.Context, userID, after string, limit int) ([]Followed, error)
}

// MentionStore keeps where users were mentioned. Put and PutReply put a message into the lists of the
// users in its Mentioned. Revise puts it into those that m names, and takes it out of those that was
// names and m does not. A mention ends after MentionKept.
type MentionStore interface {
	// MembersAmong returns those of the users who are members of a room, in any order. No id comes
	// twice.
	MembersAmong(ctx context.Context, roomID string, userIDs []string) ([]string, error)
	// Mentions returns a user's mentions, the newest first, at most limit, and those that come after
	// one with this key. It does not ask for memberships.
	Mentions(ctx context.Context, userID, after string, limit int) ([]Mention, error)
}

// DraftStore keeps what users have typed and not sent, for DraftKept.
type DraftStore interface {
	// SaveDraft stores a user's draft for a log in place of the one before, unless that was saved
	// later. It returns the draft that stands there now. It asks for no membership.
	SaveDraft(ctx context.Context, log, userID string, d Draft) (Draft, error)
	// StandingWithDrafts is StandingOf with the user's drafts in rooms that have text, in no further
	// call.
	StandingWithDrafts(ctx context.Context, userID string, now time.Time) (Standing, error)
}

// FollowKept is how long a thread is followed after a user has last replied there or asked for it.
const FollowKept = 90 * 24 * time.Hour

// Revisable is a message that may be revised.
type Revisable struct {
	// Message is the zero Message if there is none at the position.
	Message Message
	// Head is the last revision of the log.
	Head int64
	// Left are the users who are marked as having left the room.
	Left []string
}

// Entry is what stands at a position: a message, or a tombstone.
type Entry struct {
	Seq int64
	// Void marks a tombstone, which has no Message.
	Void    bool
	Message Message
}

// PresenceStore keeps who is online, and what others were told of it.
type PresenceStore interface {
	// NoteCheck notes that a socket is to be looked at. Checks returns those that are due
	// before a time, perhaps slightly stale. ForgetChecks deletes some.
	NoteCheck(ctx context.Context, c Check) error
	Checks(ctx context.Context, before time.Time) ([]Check, error)
	ForgetChecks(ctx context.Context, all []Check) error
	// Online notes that a socket of a user lives, until it expires at the latest. The
	// user's name is this one from now on.
	Online(ctx context.Context, u User, socketID string, now, expires time.Time) (Transition, error)
	// Offline notes that a socket is gone, if it was there, and the user was last seen
	// now.
	Offline(ctx context.Context, userID, socketID string, now time.Time) (Transition, error)
	// SetTold notes that others are told whether a user is online. If a socket of theirs has
	// come or gone since the version, nothing changes and current is false.
	SetTold(ctx context.Context, userID string, version int64, online bool) (current bool, err error)
	// Presences returns the presence of those users who were online in the last 90 days,
	// by their ids. An id may come twice.
	Presences(ctx context.Context, userIDs []string, now time.Time) (map[string]Presence, error)
}

// Check is a socket to look at, by the sweep. One is noted before a socket comes online: others are told that
// it has, and its connection may end, and its disconnect handlers run, before it is. Another is noted when
// its line was lost: its user may come back.
type Check struct {
	User         User
	ConnectionID string
	SocketID     string
	// Due is when to look.
	Due time.Time
	// Lost: the line was lost, and nobody was told yet.
	Lost bool
}

// Key is the socket's id for the PresenceStore. A socket that is recovered keeps its id, so
// the end of its earlier connection must not count for the later one.
func (c Check) Key() string { return c.ConnectionID + "/" + c.SocketID }

// BudgetStore keeps the account of what people have caused.
type BudgetStore interface {
	// Spend takes deliveries from a user's budget. If the user has caused too much, it returns
	// from when on they may go on, and takes nothing unless the deliveries have been caused
	// already. Otherwise it returns the zero time. Times are kept to the microsecond. It also
	// returns until when the user is signed out everywhere.
	Spend(ctx context.Context, userID string, s Spending) (Account, error)
}

// SignOutStore keeps who signed out everywhere, for at least SignOutKept.
type SignOutStore interface {
	// SignOut stores that a user is signed out everywhere, and notes it. If they are until a
	// later time, nothing changes.
	SignOut(ctx context.Context, o SignOut) error
	// SignedOut returns until when a user is signed out everywhere, or the zero time.
	SignedOut(ctx context.Context, userID string) (time.Time, error)
	// SignOuts returns what is noted, perhaps slightly stale: of each user the last one.
	SignOuts(ctx context.Context) ([]SignOut, error)
	// ForgetSignOut deletes the note of a sign-out, unless there is one of a later time.
	ForgetSignOut(ctx context.Context, o SignOut) error
}

// SignOutKept is longer than any token should live.
const SignOutKept = 90 * 24 * time.Hour

// Transition is what a socket's coming or going means for its user.
type Transition struct {
	// Others is how many other sockets of the user live.
	Others int
	// Version grows whenever a socket of the user comes or goes. It is 0 if the user was
	// never online.
	Version int64
	// Told: others believe that the user is online.
	Told bool
	// LastSeen is when the last socket went; zero if none did.
	LastSeen Time
}
