package meter

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// Print writes the report as a table for people.
func (r Report) Print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "function\tcall\tcount\tfailed\tread units\twrite units")
	for _, c := range r.Calls {
		fmt.Fprintf(t, "%s\t%s %s\t%d\t%d\t%.1f\t%.1f\n", c.Function, c.Service, c.Operation, c.Count, c.Failed, c.ReadUnits, c.WriteUnits)
	}
	for _, i := range r.Invocations {
		fmt.Fprintf(t, "%s\tran\t%d\t\t%.3f s\t\n", i.Function, i.Count, i.Seconds)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\n%d messages in, %d out, %.1f connection minutes\n"+
		"API Gateway $%.6f, Lambda $%.6f, DynamoDB $%.6f, S3 $%.6f, SQS $%.6f: on AWS $%.6f in all\n",
		r.Messages.In, r.Messages.Out, r.ConnectionMinutes,
		r.Dollars.APIGateway, r.Dollars.Lambda, r.Dollars.DynamoDB, r.Dollars.S3, r.Dollars.SQS, r.Dollars.Total)
	return err
}
