package chat

import "context"

// Invitation asks a user to join a room that somebody made with them.
type Invitation struct {
	// Room as it was made.
	Room Room `json:"room"`
	From User `json:"from"`
	// ExpiresAt is when it can no longer be accepted.
	ExpiresAt Time `json:"expiresAt"`
}

// InvitationTo returns the invitations to a new room.
func InvitationTo(r Room) Invitation {
	return Invitation{Room: r.WithoutData(), From: r.CreatedBy, ExpiresAt: At(r.CreatedAt.Add(invitationLifetime))}
}

// Standing is where a user is, and where they may go.
type Standing struct {
	// Rooms are the ids of the user's rooms, in order.
	Rooms []string
	// Marks are the user's, by room. Rooms of before there were marks have none.
	Marks map[string]Mark
	// Mentions are how many unread messages mention them, by room. A store does not return them.
	Mentions map[string]int64
	// Drafts are what the user has typed in rooms, by room: see [DraftStore].
	Drafts map[string]Draft
	// Invitations in the order of their rooms' ids.
	Invitations []Invitation
}

// invited is the data of the event of this name.
type invited struct {
	Invitation Invitation `json:"invitation"`
}

// divide returns which of these people become members of a creator's room at once, and which
// are invited: those who share no room with the creator, and those who are in many rooms. full
// reports that one of them has no place for an invitation.
func (r *rooms) divide(ctx context.Context, creator User, others []User) (members []Member, strangers []string, full bool, err error) {
	now := At(r.now())
	members = []Member{{User: creator, JoinedAt: now}}
	ids := make([]string, len(others))
	for i, other := range others {
		ids[i] = other.ID
	}
	standings := make([]Standing, len(others))
	known, err := r.acquainted(ctx, creator.ID, ids, func(ctx context.Context, i int) (_ []string, err error) {
		standings[i], err = r.store.StandingOf(ctx, ids[i], now.Time)
		return standings[i].Rooms, err
	})
	if err != nil {
		return nil, nil, false, err
	}
	for i, other := range others {
		if known[i] && len(standings[i].Rooms) < maxAdded {
			members = append(members, Member{User: other, JoinedAt: now})
			continue
		}
		strangers = append(strangers, other.ID)
		full = full || !standings[i].mayBeInvited(creator)
	}
	return members, strangers, full, nil
}

// mayBeInvited reports whether there is place for an invitation from somebody.
func (s Standing) mayBeInvited(from User) bool {
	theirs := 0
	for _, i := range s.Invitations {
		if i.From.ID == from.ID {
			theirs++
		}
	}
	return len(s.Invitations) < maxInvitations && theirs < maxInvitationsFrom
}

// invite tells people that they are invited to a room.
func (r *rooms) invite(ctx context.Context, room Room, userIDs []string) error {
	if len(userIDs) == 0 {
		return nil
	}
	var to []string
	for _, id := range userIDs {
		to = append(to, devices(id))
	}
	return r.server.In(to...).Emit(ctx, "invited", invited{InvitationTo(room)})
}

// decline deletes the actor's invitation to a room. Without one it does nothing, so that it
// tells nobody which rooms exist.
func (r *rooms) decline(ctx context.Context, a actor, in RoomRef) (struct{}, error) {
	none := struct{}{}
	if err := checkID("room", in.RoomID); err != nil {
		return none, err
	}
	if err := r.store.DeclineInvitation(ctx, in.RoomID, a.ID); err != nil {
		return none, err
	}
	return none, r.server.In(devices(a.ID)).Emit(ctx, "invitationDeclined", in)
}
