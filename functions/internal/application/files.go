package application

import (
	"strings"
	"time"

	"github.com/confab-chat/confab/shared/boot"
	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/s3files"
)

// setFiles sets where attachments are kept, and which are taken. Without a bucket there are none.
func setFiles(e boot.Environment, o *chat.Options) error {
	bucket := e.Getenv(names.EnvFilesBucket)
	if bucket == "" {
		return nil
	}
	// It does not retry: a client that sends its message again finds what was kept.
	files, err := s3files.New(s3files.Options{
		Bucket: bucket, URL: e.BucketURL(bucket), Region: e.Getenv("AWS_REGION"),
		Credentials: e.Credentials(), Transport: e.Transport(), Now: time.Now,
	})
	if err != nil {
		return err
	}
	o.Files = files
	kilobytes := 0
	if err := readNumber(e, names.EnvMaxFile, &kilobytes); err != nil {
		return err
	}
	o.FileLimits.MaxBytes = int64(kilobytes) * 1000
	switch types := e.Getenv(names.EnvFileTypes); types {
	case "":
	case "none":
		o.FileLimits.Off = true
	default:
		o.FileLimits.Types = strings.Split(types, ",")
	}
	return nil
}
