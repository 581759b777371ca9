package boot

import (
	"github.com/confab-chat/confab/shared/apigw"
	"github.com/confab-chat/confab/shared/names"
	"github.com/confab-chat/confab/shared/realtime"
)

// LargeFanouts hands large fan-outs over to the fanout function, if there is a queue for it.
func LargeFanouts(e Environment) Option {
	return func(o *realtime.Options) error {
		queue := e.Getenv(names.EnvFanoutQueue)
		if queue == "" {
			return nil
		}
		client, err := e.SQS()
		if err != nil {
			return err
		}
		o.Handover = &apigw.Handover{QueueURL: queue, Client: client}
		return nil
	}
}

// LargeSweeps hands parts of a large sweep over to other invocations of the function that sweeps.
func LargeSweeps(e Environment) Option {
	return func(o *realtime.Options) error {
		name := e.Getenv("AWS_LAMBDA_FUNCTION_NAME") // which Lambda sets
		if name == "" {
			return nil
		}
		client, err := e.Lambda(0)
		if err != nil {
			return err
		}
		o.SweepHandover = &apigw.SweepHandover{Function: &apigw.Function{Client: client, Name: name}}
		return nil
	}
}
