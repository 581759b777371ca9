package s3files

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"time"

	"github.com/confab-chat/confab/shared/chat"
)

// uploadLifetime is how long an upload may begin. It is much shorter than what is pending lives.
const uploadLifetime = time.Hour

const (
	// nameHeader has a file's name, escaped.
	nameHeader = "x-amz-meta-name"
	// uploaderHeader has the id of who uploaded it.
	uploaderHeader = "x-amz-meta-uploader"
)

// Offer implements chat.Files. It makes no call: the policy that it signs fixes every field of the
// upload, and its size to the byte.
func (s *Store) Offer(ctx context.Context, p chat.FilePlace, f chat.File) (chat.Upload, error) {
	credentials, err := s.o.Credentials.Retrieve(ctx)
	if err != nil {
		return chat.Upload{}, err
	}
	now := s.o.Now().UTC()
	day := now.Format("20060102")
	name := url.PathEscape(f.Name)
	fields := map[string]string{
		"key":          pendingKey(p),
		"Content-Type": f.Type,
		// It is downloaded and never shown as a page, whatever it is. Pictures and sounds that a
		// page embeds do not care.
		"Content-Disposition": "attachment; filename*=UTF-8''" + name,
		nameHeader:            name,
		uploaderHeader:        p.UserID,
		"x-amz-algorithm":     "AWS4-HMAC-SHA256",
		"x-amz-credential":    credentials.AccessKeyID + "/" + day + "/" + s.o.Region + "/s3/aws4_request",
		"x-amz-date":          now.Format("20060102T150405Z"),
	}
	if credentials.SessionToken != "" {
		fields["x-amz-security-token"] = credentials.SessionToken
	}
	conditions := []any{
		map[string]string{"bucket": s.o.Bucket},
		[]any{"content-length-range", f.Size, f.Size},
	}
	for name, value := range fields {
		conditions = append(conditions, map[string]string{name: value})
	}
	policy, err := json.Marshal(map[string]any{"expiration": now.Add(uploadLifetime).Format(time.RFC3339), "conditions": conditions})
	if err != nil {
		return chat.Upload{}, err
	}
	fields["policy"] = base64.StdEncoding.EncodeToString(policy)
	fields["x-amz-signature"] = Sign(credentials.SecretAccessKey, day, s.o.Region, fields["policy"])
	return chat.Upload{URL: s.o.URL + "/", Fields: fields}, nil
}

// Sign signs the policy of an upload, in base64, with a secret key (Signature Version 4).
func Sign(secret, day, region, policy string) string {
	key := []byte("AWS4" + secret)
	for _, part := range []string{day, region, "s3", "aws4_request"} {
		key = digest(key, part)
	}
	return hex.EncodeToString(digest(key, policy))
}

func digest(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
