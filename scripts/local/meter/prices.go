package meter

// Prices of AWS in us-east-1, in dollars, on demand and without free tier.
const (
	PricePerMessage          = 1.00 / 1e6
	PricePerConnectionMinute = 0.25 / 1e6
	PricePerInvocation       = 0.20 / 1e6
	PricePerGBSecond         = 0.0000133334 // arm64
	PricePerReadUnit         = 0.125 / 1e6
	PricePerWriteUnit        = 0.625 / 1e6
)

// functionGB is the memory that the functions are sized with.
const functionGB = 0.25

// Dollars is what a workload costs, by service.
type Dollars struct {
	APIGateway float64 `json:"apiGateway"`
	Lambda     float64 `json:"lambda"`
	DynamoDB   float64 `json:"dynamodb"`
	Total      float64 `json:"total"`
}

func (r Report) price() Dollars {
	var d Dollars
	d.APIGateway = float64(r.Messages.In+r.Messages.Out)*PricePerMessage + r.ConnectionMinutes*PricePerConnectionMinute
	for _, i := range r.Invocations {
		d.Lambda += float64(i.Count)*PricePerInvocation + i.Seconds*functionGB*PricePerGBSecond
	}
	for _, c := range r.Calls {
		d.DynamoDB += c.ReadUnits*PricePerReadUnit + c.WriteUnits*PricePerWriteUnit
	}
	d.Total = d.APIGateway + d.Lambda + d.DynamoDB
	return d
}
