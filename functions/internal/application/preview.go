package application

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/confab-chat/confab/shared/apigw"
	"github.com/confab-chat/confab/shared/boot"
	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/names"
)

// previewTimeout is how long the function preview is waited for: longer than it takes, with its
// start, and less than clients wait for an answer.
const previewTimeout = 6 * time.Second

// setPreviewer turns link previews on if there is a function for them.
func setPreviewer(e boot.Environment, o *chat.Options) error {
	function := e.Getenv(names.EnvPreviewFunction)
	if function == "" {
		return nil
	}
	client, err := e.Lambda(previewTimeout)
	if err != nil {
		return err
	}
	o.Previewer = previewer{apigw.Function{Client: client, Name: function}}
	return nil
}

// previewer asks the function preview.
type previewer struct{ function apigw.Function }

// Preview implements chat.Previewer.
func (p previewer) Preview(ctx context.Context, url string) (chat.LinkPreview, error) {
	ctx, cancel := context.WithTimeout(ctx, previewTimeout)
	defer cancel()
	request, err := json.Marshal(map[string]string{"url": url})
	if err != nil {
		return chat.LinkPreview{}, err
	}
	answer, err := p.function.Invoke(ctx, request)
	if errors.Is(err, apigw.ErrThrottled) {
		return chat.LinkPreview{}, chat.ErrBusy
	}
	if err != nil {
		return chat.LinkPreview{}, fmt.Errorf("preview: %w", err)
	}
	var found struct {
		Page *chat.LinkPreview `json:"page"`
	}
	if err := json.Unmarshal(answer, &found); err != nil {
		return chat.LinkPreview{}, fmt.Errorf("preview: %w", err)
	}
	if found.Page == nil {
		return chat.LinkPreview{}, chat.ErrNoPreview
	}
	return *found.Page, nil
}
