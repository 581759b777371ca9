package confab

import (
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"
)

// suppress suppresses a rule of cdk-nag on a construct and its children. If findings are
// given, such as the wildcards of AwsSolutions-IAM5, it suppresses only them.
func suppress(c constructs.IConstruct, rule, reason string, findings ...any) {
	suppression := &cdknag.NagPackSuppression{Id: jsii.String(rule), Reason: jsii.String(reason)}
	if len(findings) > 0 {
		suppression.AppliesTo = &findings
	}
	cdknag.NagSuppressions_AddResourceSuppressions(c, &[]*cdknag.NagPackSuppression{suppression}, jsii.Bool(true))
}

// findingPattern matches findings with a regular expression in JavaScript's syntax, /^…$/.
func findingPattern(pattern string) cdknag.RegexAppliesTo {
	return cdknag.RegexAppliesTo{Regex: jsii.String(pattern)}
}
