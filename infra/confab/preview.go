package confab

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/confab-chat/confab/shared/names"
)

// LinkPreviews configure previews of the pages that links in messages lead to.
type LinkPreviews struct {
	// On adds the function that fetches pages.
	On bool
	// Concurrency reserves this many instances for it, and allows no more. Zero: no bound, because new
	// accounts have nothing to reserve.
	Concurrency int
}

// addPreview adds the function that fetches link previews, and lets the functions call it in which
// people ask for them. It may write its log and nothing else, is in no VPC, has no settings and is
// not traced: whatever a page makes it do, there is nothing inside that it could reach.
func (c *Chat) addPreview(previews LinkPreviews) {
	r := c.Realtime
	log := newLog(c.Construct, "PreviewLog", r.props.LogRetention)
	role := newRole(c.Construct, "PreviewRole", log)
	props := r.functionProps(names.Preview, role, log)
	props.Environment, props.Tracing = nil, ""
	if previews.Concurrency > 0 {
		props.ReservedConcurrentExecutions = jsii.Number(float64(previews.Concurrency))
	}
	c.Preview = awslambda.NewFunction(c.Construct, jsii.String("Preview"), props)
	for _, name := range []string{names.Message, names.API} {
		f := r.functions[name]
		f.AddEnvironment(jsii.String(names.EnvPreviewFunction), c.Preview.FunctionName(), nil)
		allow(f.Role(), "lambda", []string{"InvokeFunction"}, c.Preview.FunctionArn())
	}
}
