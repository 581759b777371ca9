package meter

import "github.com/confab-chat/confab/scripts/prices"

// Dollars is a cost by service.
type Dollars struct {
	APIGateway float64 `json:"apiGateway"`
	Lambda     float64 `json:"lambda"`
	DynamoDB   float64 `json:"dynamodb"`
	S3         float64 `json:"s3"`
	SQS        float64 `json:"sqs"`
	Total      float64 `json:"total"`
}

func (r Report) price() Dollars {
	d := Dollars{APIGateway: prices.APIGateway(float64(r.Messages.In+r.Messages.Out), r.ConnectionMinutes)}
	for _, i := range r.Invocations {
		d.Lambda += prices.Lambda(i.Function, float64(i.Count), i.Seconds)
	}
	for _, c := range r.Calls {
		d.DynamoDB += prices.DynamoDB(c.ReadUnits, c.WriteUnits)
		switch c.Service {
		case Storage:
			d.S3 += prices.Storage(c.Operation, float64(c.Count))
		case Queues:
			d.SQS += prices.Queue(float64(c.Count))
		}
	}
	d.Total = d.APIGateway + d.Lambda + d.DynamoDB + d.S3 + d.SQS
	return d
}
