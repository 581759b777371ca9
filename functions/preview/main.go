// Command preview fetches what a web page tells of itself, for the card below a message. It has no
// permission but to write its log, and reaches nothing but public pages.
package main

import (
	"log/slog"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/confab-chat/confab/functions/internal/preview"
	"github.com/confab-chat/confab/shared/linkpreview"
)

func main() {
	lambda.Start(preview.New(linkpreview.Options{}, slog.New(lambdacontext.NewLogHandler())))
}
