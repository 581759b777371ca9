// Package confab holds Confab's constructs for the AWS CDK: [Realtime] is the engine
// alone; [Application] is an application of package shared/confab, with what it says that it has;
// [Chat] is the whole chat with HTTP API, sign-in, web page and monitoring. Use them in a stack of
// your own, or deploy package deploy as it is.
//
// The props are plain Go structs. Their zero values work, except for the functions' code.
// CloudFormation names every resource, so an account may have any number of each construct.
//
// Each function has a role that allows the operations that it performs on its resources,
// and nothing else; see grants.go. Every finding of cdk-nag's AwsSolutions is fixed, or
// suppressed with its reason beside the resource.
package confab
