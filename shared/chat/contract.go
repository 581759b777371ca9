package chat

import (
	"net/http"
	"reflect"

	"github.com/confab-chat/confab/shared/realtime"
)

// ServerEvent is an event that clients hear.
type ServerEvent struct {
	Name, Summary string
	// Data is its one argument.
	Data reflect.Type
}

// ServerEvents returns all events that clients may hear.
func ServerEvents() []ServerEvent {
	return []ServerEvent{
		{"newMessage", "A message was sent to a room. It may come twice, and out of order.", reflect.TypeFor[Message]()},
		{"messageChanged", "A message was changed.", reflect.TypeFor[messageChanged]()},
		{"newReply", "A reply was sent to a thread of a room. It may come twice, and out of order.", reflect.TypeFor[replyStored]()},
		{"replyChanged", "A reply in a thread was changed.", reflect.TypeFor[messageChanged]()},
		{"mention", "A message mentions the user. It may come twice, and out of order.", reflect.TypeFor[mentionTold]()},
		{"followChanged", "The user follows a thread, has stopped it, or has read it.", reflect.TypeFor[followChanged]()},
		{"typing", "Somebody types in a room, or has stopped.", reflect.TypeFor[typingChanged]()},
		{"roomChanged", "There is a new room.", reflect.TypeFor[roomResult]()},
		{"invited", "Somebody asks the user to join a room.", reflect.TypeFor[invited]()},
		{"invitationDeclined", "The user has declined an invitation.", reflect.TypeFor[RoomRef]()},
		{"memberChanged", "Somebody has joined or left a room.", reflect.TypeFor[memberChanged]()},
		{"draft", "The user has typed something on another device, or has sent or deleted it there.", reflect.TypeFor[draftChanged]()},
		{"read", "Marks of what somebody has read have moved.", reflect.TypeFor[marksChanged]()},
		{"presence", "People in watched rooms have come online or gone offline.", reflect.TypeFor[presenceTold]()},
		{"userOnline", "Somebody came online, where everyone is told.", reflect.TypeFor[presenceChanged]()},
		{"userOffline", "Somebody went offline, where everyone is told.", reflect.TypeFor[presenceChanged]()},
	}
}

// OpenRequests returns the requests by HTTP that need no token.
func OpenRequests() []Operation {
	return []Operation{
		{
			Name: "health", Summary: "Answers if the chat runs.", Pattern: "GET /api/health",
			Request: reflect.TypeFor[struct{}](), Result: reflect.TypeFor[struct{}](),
		},
		{
			Name: "signInOptions", Summary: "Tells how to sign in, and with a token whose it is.", Pattern: "GET /api/session",
			Request: reflect.TypeFor[struct{}](), Result: reflect.TypeFor[signInOptions](), Errors: []string{CodeUnauthorized, CodeSignedOut},
		},
		{
			Name: "signIn", Summary: "Makes a new guest.", Pattern: "POST /api/session",
			Request: reflect.TypeFor[GuestSignIn](), Result: reflect.TypeFor[session](),
			// With an issuer alone, API Gateway's authorizer refuses it before the function could say that there are no guests.
			Errors: []string{CodeUnauthorized, CodeNotFound},
		},
	}
}

// StatusOf returns the HTTP status of an error's code.
func StatusOf(code string) int { return status(code) }

// Success returns the HTTP status of the operation if it succeeds.
func (o Operation) Success() int {
	if o.Creates {
		return http.StatusCreated
	}
	return http.StatusOK
}

// CommonErrors are the codes that every operation may be refused with.
func CommonErrors() []string {
	return []string{
		realtime.CodeBadRequest, CodeUnauthorized, CodeSignedOut, realtime.CodeRateLimited, realtime.CodeUnavailable, realtime.CodeInternal,
	}
}

// ConnectErrors are the codes that a connection may be refused with.
func ConnectErrors() []string {
	return []string{
		CodeUnauthorized, CodeSignedOut, realtime.CodeRateLimited, realtime.CodeTooLarge, realtime.CodeUnavailable, realtime.CodeInternal,
	}
}

// Bound is what a field of a request may be, beyond its type.
type Bound struct {
	Pattern  string
	Min, Max *int64
	// MinLength and MaxLength count characters of a text, items of a list, or an object's names.
	MinLength, MaxLength int
	Enum                 []string
	// Items bounds the items of a list.
	Items *Bound
	// Keys is the pattern of an object's names.
	Keys string
}

// Bounds returns the bounds of fields, by their names in JSON. Those with the name of a type
// before, as in "SendMessage.text", are of the fields of this type alone.
func Bounds() map[string]Bound {
	zero, one, page, last := int64(0), int64(1), int64(maxPage), int64(maxSeq)
	id := Bound{Pattern: idPattern.String()}
	rooms := Bound{MaxLength: maxWatched, Items: &id}
	mentions := Bound{MaxLength: maxMentions, Items: &Bound{Pattern: `^` + Everyone + `$|` + idPattern.String()}}
	text := Bound{MinLength: 1, MaxLength: maxText}
	caption := Bound{MaxLength: maxText} // beside attachments, it may be empty
	return map[string]Bound{
		"roomId": id, "userId": id,
		"tempId":           {Pattern: tempIDPattern.String()},
		"kind":             {Enum: []string{string(Channel), string(Group), string(Private), string(Direct)}},
		"change":           {Enum: []string{"joined", "left"}},
		"seq":              {Min: &zero, Max: &last},
		"version":          {Min: &zero},
		"rev":              {Min: &zero},
		"limit":            {Min: &one, Max: &page},
		"cursor":           {Pattern: `^$|` + cursorPattern.String()},
		"EditMessage.seq":  {Min: &one},
		"MessageRef.seq":   {Min: &one},
		"ReadThread.seq":   {Min: &one, Max: &last},
		"FollowThread.seq": {Min: &one, Max: &last},
		"threadOf":         {Min: &one, Max: &last},
		"PinMessage.seq":   {Min: &one},
		"Pins.before":      {Min: &one, Max: &last},
		"Search.before":    {Min: &one, Max: &last}, "Search.beforeReply": {Min: &one, Max: &last},
		"Search.text":         {MinLength: 1, MaxLength: maxSearchText},
		"Search.roomId":       {Pattern: `^$|` + idPattern.String()},
		"Search.afterRoom":    {Pattern: `^$|` + idPattern.String()},
		"PreviewLink.seq":     {Min: &one},
		"PreviewLink.url":     {Pattern: `^https?://\S+$`, MaxLength: maxURL},
		"SendMessage.replyTo": {Min: &one}, "SendMessage.after": {Min: &zero, Max: &last},
		"SendMessage.text": caption, "EditMessage.text": text,
		"SaveDraft.replyTo": {Min: &one, Max: &last},
		"SaveDraft.text":    {MaxLength: maxText},
		"Sync.rooms":        {MaxLength: maxSynced, Keys: id.Pattern},
		"Known.seq":         {Min: &zero, Max: &last}, "Known.rev": {Min: &zero, Max: &last},
		"React.seq": {Min: &one}, "ReactionsQuery.seq": {Min: &one},
		"ReactionsQuery.after": {Pattern: `^$|` + idPattern.String()},
		"emoji":                {MinLength: 1, MaxLength: maxEmoji},
		"Changes.after":        {Min: &zero, Max: &last},
		"History.before":       {Min: &one}, "History.after": {Min: &zero},
		"History.since":     {Pattern: `^$|` + momentForm.String()},
		"ReadThread.before": {Min: &one}, "ReadThread.after": {Min: &zero},
		"SendMessage.mentions": mentions, "EditMessage.mentions": mentions,
		"Mentions.cursor":        {Pattern: mentionPattern.String()},
		"FollowedThreads.cursor": {Pattern: followedPattern.String()},
		"AttachmentQuery.id":     id, "AttachmentRef.id": id, "AttachmentRef.thumbnail": id,
		"AttachmentRef.width": {Min: &one}, "AttachmentRef.height": {Min: &one}, "AttachmentRef.duration": {Min: &one},
		"CreateUpload.name": {MinLength: 1, MaxLength: maxFileName}, "CreateUpload.size": {Min: &one},
		"SendMessage.attachments": {MaxLength: maxAttachments},
		"CreateRoom.members":      {MaxLength: maxNamed, Items: &id},
		"CreateRoom.kind":         {Enum: []string{string(Channel), "public", string(Group), string(Private), string(Direct)}},
		"CreateRoom.tempId":       {Pattern: `^$|` + tempIDPattern.String()},
		"GuestSignIn.name":        {MinLength: 1},
		"SearchRooms.search":      {MaxLength: maxRoomName},
		"MembersQuery.after":      {Pattern: `^$|` + idPattern.String()},
		"PresenceQuery.userIds":   {MaxLength: maxPresences, Items: &id},
		"Watch.roomIds":           rooms, "Watch.tell": rooms,
		"MarkAllRead.marks": {MaxLength: MaxRooms},
	}
}
