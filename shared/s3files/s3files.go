// Package s3files keeps attachments in a bucket of S3. Clients upload to the bucket and read from it
// by links that it signs. Enter at [New].
//
// What is uploaded lies below pending/, which the bucket empties after a day. A message that names an
// upload has it copied to kept/, where no upload can replace it.
package s3files

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/confab-chat/confab/shared/awsapi"
	"github.com/confab-chat/confab/shared/chat"
)

// Options configure a Store. All are required.
type Options struct {
	// Bucket is its name, and URL its address, without a slash at the end.
	Bucket, URL string
	Region      string
	Credentials aws.CredentialsProvider
	Transport   http.RoundTripper
	Now         func() time.Time
}

// Store keeps attachments. It is safe for concurrent use.
type Store struct {
	o      Options
	client *awsapi.Client
	signer *v4.Signer
}

var _ chat.Files = (*Store)(nil)

// linkLifetime is how long a link to read can be used.
const linkLifetime = 15 * time.Minute

// New returns a store. It fails if the bucket's address is not a URL.
func New(o Options) (*Store, error) {
	client, err := awsapi.New(awsapi.Options{
		Service: "s3", Region: o.Region, Endpoint: o.URL, Credentials: o.Credentials, Transport: o.Transport,
	})
	if err != nil {
		return nil, err
	}
	return &Store{o: o, client: client, signer: v4.NewSigner()}, nil
}

func pendingKey(p chat.FilePlace) string { return "pending/" + p.RoomID + "/" + p.UserID + "/" + p.ID }
func keptKey(roomID, id string) string   { return "kept/" + roomID + "/" + id }

// Keep implements chat.Files: a HeadObject and a CopyObject, of what the first has seen.
func (s *Store) Keep(ctx context.Context, p chat.FilePlace) (chat.File, error) {
	header, _, err := s.call(ctx, http.MethodHead, pendingKey(p), nil)
	if isMissing(err) { // a repetition, long after the first time
		header, _, err = s.call(ctx, http.MethodHead, keptKey(p.RoomID, p.ID), nil)
		// Whoever could send what others have uploaded could also delete it.
		if isMissing(err) || err == nil && header.Get(uploaderHeader) != p.UserID {
			return chat.File{}, chat.ErrNoFile
		}
		return fileOf(header, err)
	}
	f, err := fileOf(header, err)
	if err != nil {
		return chat.File{}, err
	}
	_, body, err := s.call(ctx, http.MethodPut, keptKey(p.RoomID, p.ID), http.Header{
		"X-Amz-Copy-Source":          {"/" + s.o.Bucket + "/" + pendingKey(p)},
		"X-Amz-Copy-Source-If-Match": {header.Get("Etag")},
	})
	if err == nil && !bytes.Contains(body, []byte("CopyObjectResult")) {
		err = errors.New("the bucket began a copy and did not finish it") // with status 200
	}
	if err != nil {
		return chat.File{}, fmt.Errorf("keep an attachment: %w", err)
	}
	return f, nil
}

// Remove implements chat.Files: two DeleteObjects.
func (s *Store) Remove(ctx context.Context, p chat.FilePlace) error {
	for _, key := range []string{pendingKey(p), keptKey(p.RoomID, p.ID)} {
		if _, _, err := s.call(ctx, http.MethodDelete, key, nil); err != nil && !isMissing(err) {
			return fmt.Errorf("remove an attachment: %w", err)
		}
	}
	return nil
}

// Link implements chat.Files. It makes no call.
func (s *Store) Link(ctx context.Context, roomID, id string) (string, time.Time, error) {
	credentials, err := s.o.Credentials.Retrieve(ctx)
	if err != nil {
		return "", time.Time{}, err
	}
	now := s.o.Now()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet,
		s.o.URL+"/"+keptKey(roomID, id)+"?X-Amz-Expires="+strconv.Itoa(int(linkLifetime.Seconds())), http.NoBody)
	if err != nil {
		return "", time.Time{}, err
	}
	link, _, err := s.signer.PresignHTTP(ctx, credentials, r, "UNSIGNED-PAYLOAD", "s3", s.o.Region, now)
	return link, now.Add(linkLifetime), err
}

// emptyHash is the SHA-256 of no bytes, which S3 wants as a header.
const emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// call makes a call to a key. No key needs escaping.
func (s *Store) call(ctx context.Context, method, key string, header http.Header) (http.Header, []byte, error) {
	if header == nil {
		header = http.Header{}
	}
	header.Set("X-Amz-Content-Sha256", emptyHash)
	return s.client.Ask(ctx, method, "/"+key, header, nil)
}

func isMissing(err error) bool {
	var refused *awsapi.Error
	return errors.As(err, &refused) && refused.Status == http.StatusNotFound
}

// fileOf reads what an upload's policy has fixed.
func fileOf(h http.Header, err error) (chat.File, error) {
	if err != nil {
		return chat.File{}, fmt.Errorf("look for an attachment: %w", err)
	}
	name, err := url.PathUnescape(h.Get(nameHeader))
	if err != nil {
		return chat.File{}, err
	}
	size, err := strconv.ParseInt(h.Get("Content-Length"), 10, 64)
	return chat.File{Name: name, Type: h.Get("Content-Type"), Size: size}, err
}
