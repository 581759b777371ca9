package chat

import (
	"context"
	"crypto/rand"
	"errors"
	"mime"
	"path"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/confab-chat/confab/shared/realtime"
	"github.com/confab-chat/confab/shared/wait"
)

// Attachment is a file of a message.
type Attachment struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	// Type is the media type, as "image/png".
	Type string `json:"type"`
	// Size is in bytes.
	Size int64 `json:"size"`
	// Width and Height are a picture's in pixels, as its sender says.
	Width  int64 `json:"width,omitempty"`
	Height int64 `json:"height,omitempty"`
	// Duration is a sound's or video's in milliseconds, as its sender says.
	Duration int64 `json:"duration,omitempty"`
	// Thumbnail is the id of a small picture of it.
	Thumbnail string `json:"thumbnail,omitempty"`
}

// AttachmentRef names an upload of the sender's that a message is to have.
type AttachmentRef struct {
	ID        string  `json:"id"`
	Width     *int64  `json:"width,omitzero"`
	Height    *int64  `json:"height,omitzero"`
	Duration  *int64  `json:"duration,omitzero"`
	Thumbnail *string `json:"thumbnail,omitzero"`
}

// CreateUpload asks to upload a file for a message to a room.
type CreateUpload struct {
	RoomID string `json:"roomId"`
	Name   string `json:"name"`
	Type   string `json:"type"`
	Size   int64  `json:"size"`
}

// AttachmentQuery asks for a link to read an attachment of a room's message.
type AttachmentQuery struct {
	RoomID string `json:"roomId"`
	ID     string `json:"id"`
}

// File is what is known of a file.
type File struct {
	Name, Type string
	Size       int64
}

// FilePlace is where a file is: in a room, uploaded by a user.
type FilePlace struct{ RoomID, UserID, ID string }

// Upload is a form that uploads a file: the fields, and the file as the last one, "file".
type Upload struct {
	URL    string            `json:"url"`
	Fields map[string]string `json:"fields"`
}

// Files keeps attachments; s3files.Store does.
type Files interface {
	// Offer returns the form that uploads a file of this name, type and size, and nothing else.
	Offer(context.Context, FilePlace, File) (Upload, error)
	// Keep keeps an upload for good, also if it was kept before. ErrNoFile if there is none.
	Keep(context.Context, FilePlace) (File, error)
	// Link returns an address from which a kept file can be read, and until when.
	Link(ctx context.Context, roomID, id string) (string, time.Time, error)
	// Remove removes an upload, and what was kept of it.
	Remove(context.Context, FilePlace) error
}

// ErrNoFile says that there is no such upload.
var ErrNoFile = errors.New("chat: no such upload")

// FileLimits say what may be attached.
type FileLimits struct {
	// MaxBytes bounds a file: 10 MB.
	MaxBytes int64 `json:"maxBytes"`
	// Types are the media types that are taken, as "image/*"; empty: all. Off takes none.
	Types []string `json:"types"`
	Off   bool     `json:"-"`
}

const (
	defaultMaxFile = 10_000_000
	maxAttachments = 10
	maxFileName    = 120
	maxSide        = 100_000
	maxDuration    = 24 * 3600 * 1000
	// fileWork is what it costs to keep one file, with its thumbnail, or to remove it.
	fileWork = 5
	// bytesPerDelivery is how many bytes cost as much as a delivery to keep for a month.
	bytesPerDelivery = 100_000
)

var errNoUploads = realtime.Errorf(CodeNotFound, "Attachments are turned off.")

// attachments knows the files of messages.
type attachments struct {
	*core
	files  Files
	limits FileLimits
}

type uploadResult struct {
	Upload     Upload    `json:"upload"`
	Attachment uploadRef `json:"attachment"`
}

// uploadRef names what is going to be uploaded.
type uploadRef struct {
	ID string `json:"id"`
}

type linkResult struct {
	URL string `json:"url"`
	// ExpiresAt is until when the link can be used.
	ExpiresAt Time `json:"expiresAt"`
}

// offered returns what can be uploaded, or nil if nothing can.
func (f *attachments) offered() *FileLimits {
	if f.files == nil || f.limits.Off {
		return nil
	}
	limits := f.limits
	limits.Types = orEmpty(limits.Types)
	return &limits
}

// offer returns a form that uploads one file. Its id cannot be guessed.
func (f *attachments) offer(ctx context.Context, a actor, in CreateUpload) (uploadResult, error) {
	if err := checkID("room", in.RoomID); err != nil {
		return uploadResult{}, err
	}
	if f.files == nil || f.limits.Off {
		return uploadResult{}, errNoUploads
	}
	if err := f.limits.check(in); err != nil {
		return uploadResult{}, err
	}
	if err := f.authorize(ctx, a, in.RoomID); err != nil {
		return uploadResult{}, err
	}
	if err := realtime.Spend(ctx, int(in.Size/bytesPerDelivery)); err != nil {
		return uploadResult{}, err
	}
	id := rand.Text()
	upload, err := f.files.Offer(ctx, FilePlace{in.RoomID, a.ID, id}, File{in.Name, in.Type, in.Size})
	return uploadResult{upload, uploadRef{id}}, err
}

// link returns an address from which a member can read an attachment for a while.
func (f *attachments) link(ctx context.Context, a actor, in AttachmentQuery) (linkResult, error) {
	if err := checkID("room", in.RoomID); err != nil {
		return linkResult{}, err
	}
	if err := checkID("attachment", in.ID); err != nil {
		return linkResult{}, err
	}
	if f.files == nil {
		return linkResult{}, errNoUploads
	}
	if err := f.authorize(ctx, a, in.RoomID); err != nil {
		return linkResult{}, err
	}
	url, until, err := f.files.Link(ctx, in.RoomID, in.ID)
	return linkResult{url, At(until)}, err
}

// keep keeps the uploads that a message names, in its order. Those of other people or rooms are not found.
func (f *attachments) keep(ctx context.Context, a actor, roomID string, refs []AttachmentRef) ([]Attachment, error) {
	if len(refs) == 0 {
		return nil, nil
	}
	if f.files == nil {
		return nil, errNoUploads
	}
	if err := realtime.Spend(ctx, fileWork*len(refs)); err != nil {
		return nil, err
	}
	kept := make([]Attachment, len(refs))
	places := make([]int, len(refs))
	for i := range refs {
		places[i] = i
	}
	err := wait.ForEach(ctx, lookupsAtOnce, places, func(ctx context.Context, i int) (err error) {
		kept[i], err = f.keepOne(ctx, FilePlace{roomID, a.ID, refs[i].ID}, refs[i])
		return err
	})
	return kept, err
}

func (f *attachments) keepOne(ctx context.Context, p FilePlace, ref AttachmentRef) (Attachment, error) {
	file, err := f.files.Keep(ctx, p)
	if errors.Is(err, ErrNoFile) {
		return Attachment{}, realtime.Errorf(CodeNotFound, "There is no upload with the id of attachments. Upload the file first.")
	}
	if err != nil {
		return Attachment{}, realtime.Unavailable(err)
	}
	kept := Attachment{
		ID: p.ID, Name: file.Name, Type: file.Type, Size: file.Size,
		Width: orZero(ref.Width), Height: orZero(ref.Height), Duration: orZero(ref.Duration),
	}
	if ref.Thumbnail == nil {
		return kept, nil
	}
	kept.Thumbnail = *ref.Thumbnail
	thumbnail, err := f.files.Keep(ctx, FilePlace{p.RoomID, p.UserID, kept.Thumbnail})
	if errors.Is(err, ErrNoFile) || err == nil && !strings.HasPrefix(thumbnail.Type, "image/") {
		return Attachment{}, realtime.Errorf(CodeNotFound, "There is no uploaded picture with the id of thumbnail.")
	}
	if err != nil {
		return Attachment{}, realtime.Unavailable(err)
	}
	return kept, nil
}

// remove removes the files of a message that is being deleted. It comes before the deletion, which
// forgets their ids: if the function dies in between, whoever deletes the message again finishes it.
func (f *attachments) remove(ctx context.Context, m Message) error {
	if f == nil || f.files == nil {
		return nil
	}
	for _, one := range m.Attachments {
		for _, id := range []string{one.Thumbnail, one.ID} {
			if id == "" {
				continue
			}
			if err := f.files.Remove(ctx, FilePlace{m.RoomID, m.Sender.ID, id}); err != nil {
				return realtime.Unavailable(err)
			}
		}
	}
	return nil
}

func (l FileLimits) check(in CreateUpload) error {
	switch {
	case in.Name == "" || utf8.RuneCountInString(in.Name) > maxFileName || strings.ContainsAny(in.Name, `/\`) ||
		strings.ContainsFunc(in.Name, unicode.IsControl) || imitates(in.Name):
		return badRequest("The name of a file needs 1 to %d characters, and no slash or control character.", maxFileName)
	case in.Size < 1:
		return badRequest("The size of a file must be 1 byte or more.")
	case in.Size > l.MaxBytes:
		return realtime.Errorf(realtime.CodeTooLarge, "This file is too large. Use at most %d bytes.", l.MaxBytes)
	}
	plain, _, err := mime.ParseMediaType(in.Type)
	if err != nil || plain != in.Type || !strings.Contains(plain, "/") || len(plain) > maxFileName {
		return badRequest("The type of a file must be a media type in lower case without parameters, such as image/png.")
	}
	if !l.takes(plain) {
		return badRequest("Files of this type are not taken here.")
	}
	return nil
}

// takes reports whether a type matches one of the limits'.
func (l FileLimits) takes(plain string) bool {
	for _, pattern := range l.Types {
		if ok, err := path.Match(pattern, plain); ok && err == nil {
			return true
		}
	}
	return len(l.Types) == 0
}

// checkAttachments checks what a message says of its attachments.
func checkAttachments(refs []AttachmentRef) error {
	if len(refs) > maxAttachments {
		return badRequest("Use at most %d attachments.", maxAttachments)
	}
	seen := map[string]bool{}
	for _, ref := range refs {
		ids := []string{ref.ID}
		if ref.Thumbnail != nil {
			ids = append(ids, *ref.Thumbnail)
		}
		for _, id := range ids {
			if err := checkID("attachment", id); err != nil {
				return err
			}
			if seen[id] {
				return badRequest("Name each id in attachments only once.")
			}
			seen[id] = true
		}
		for _, side := range []*int64{ref.Width, ref.Height} {
			if side != nil && (*side < 1 || *side > maxSide) {
				return badRequest("Use a width and a height from 1 to %d.", maxSide)
			}
		}
		if ref.Duration != nil && (*ref.Duration < 1 || *ref.Duration > maxDuration) {
			return badRequest("Use a duration from 1 to %d milliseconds.", maxDuration)
		}
	}
	return nil
}
