// Package confab holds Confab's constructs for the AWS CDK: [Realtime] is the engine
// alone, for an application of your own handlers; [Chat] is the whole chat with its
// HTTP API, identity, web page and monitoring. Put either into a stack of yours, or
// deploy package deploy as it is.
//
// The props are plain Go structs whose zero values work, but for the functions' code.
// Every resource is given a name by CloudFormation, so that a construct may stand in
// one account any number of times.
//
// Each function has a role that allows the operations that it performs, on the
// resources that it has, and nothing else; see grants.go. What the rules of cdk-nag
// (AwsSolutions) find is either followed or suppressed with its reason beside the
// resource.
package confab
