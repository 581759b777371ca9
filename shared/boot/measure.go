package boot

import (
	"fmt"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/confab-chat/confab/shared/metrics"
	"github.com/confab-chat/confab/shared/metrics/instrument"
	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/realtime"
)

// Build builds a function. If its environment asks for metrics, the function counts what it
// does.
func Build(build func(Environment) (lambda.Handler, error), e Environment) (lambda.Handler, error) {
	switch how := e.Getenv(names.EnvMetrics); how {
	case "":
		return build(e)
	case "emf":
	default:
		return nil, fmt.Errorf("environment variable %s=%q must be emf or empty", names.EnvMetrics, how)
	}
	e.recorder = metrics.NewRecorder(os.Stdout, e.Getenv(names.EnvStack))
	e.Log = slog.New(instrument.Log(e.Log.Handler(), e.recorder))
	h, err := build(e)
	if err != nil {
		return nil, err
	}
	return instrument.Handler(h, e.recorder), nil
}

// withMetrics returns options with which the engine counts what it does.
func (e Environment) withMetrics(o realtime.Options) realtime.Options {
	if e.recorder == nil {
		return o
	}
	o.Observer = instrument.Observer{Recorder: e.recorder}
	return instrument.Options(o, e.recorder)
}
