package confab

import (
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"
)

// accept suppresses a rule of cdk-nag on a construct and its children, for a reason.
// A finding names what it found, as in the wildcards of AwsSolutions-IAM5; findings
// narrows the suppression to these.
func accept(c constructs.IConstruct, rule, reason string, findings ...any) {
	suppression := &cdknag.NagPackSuppression{Id: jsii.String(rule), Reason: jsii.String(reason)}
	if len(findings) > 0 {
		suppression.AppliesTo = &findings
	}
	cdknag.NagSuppressions_AddResourceSuppressions(c, &[]*cdknag.NagPackSuppression{suppression}, jsii.Bool(true))
}

// matching is a finding by a pattern: /^…$/ in JavaScript's syntax.
func matching(pattern string) cdknag.RegexAppliesTo {
	return cdknag.RegexAppliesTo{Regex: jsii.String(pattern)}
}
