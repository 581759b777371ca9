package confab

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	api "github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfrontorigins"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// PageProps configure a [Page].
type PageProps struct {
	// Files is the folder of the built page. Empty: no page.
	Files string
	// ConnectSources are further origins that the page may connect to, besides its own and
	// the issuer's. Some issuers have their token endpoint at another host.
	ConnectSources []string
	// WebACL is the ARN of an AWS WAF web ACL of the region us-east-1 to put in front of it.
	WebACL string
}

// Page is the web page on S3 and CloudFront. The HTTP API is at its paths and the WebSocket API
// at /socket.io/ of the same origin, so io({transports: ["websocket"]}) needs no address.
type Page struct {
	// Construct is the scope of everything in it.
	Construct    constructs.Construct
	Distribution awscloudfront.Distribution
	Bucket       awss3.Bucket
	// Origin is https:// and the page's host.
	Origin string
}

// pageSpec says what a page is, and what else is at its origin.
type pageSpec struct {
	PageProps
	domain  *Domain
	headers pageHeaders
	// views serves index.html at paths without an extension.
	views bool
	// http has the paths that match patterns; nil: no path.
	http     api.HttpApi
	patterns []string
}

// newPage adds a page at whose origin the engine is.
func newPage(scope constructs.Construct, r *Realtime, spec pageSpec) *Page {
	p := &Page{Construct: constructs.NewConstruct(scope, jsii.String("Page"))}
	p.newBucket()
	files := p.files(spec)
	settings := &awscloudfront.DistributionProps{
		Comment:           jsii.String("Confab: the page and its APIs"),
		DefaultRootObject: jsii.String("index.html"),
		HttpVersion:       awscloudfront.HttpVersion_HTTP2_AND_3,
		DefaultBehavior:   files,
		AdditionalBehaviors: &map[string]*awscloudfront.BehaviorOptions{
			"/assets/*": {
				Origin:                files.Origin,
				ViewerProtocolPolicy:  files.ViewerProtocolPolicy,
				CachePolicy:           awscloudfront.CachePolicy_CACHING_OPTIMIZED(),
				ResponseHeadersPolicy: awscloudfront.ResponseHeadersPolicy_SECURITY_HEADERS(),
			},
		},
	}
	if spec.http != nil {
		behavior := p.forwardTo(apiHost(scope, spec.http.ApiId()), "")
		behavior.ResponseHeadersPolicy = awscloudfront.ResponseHeadersPolicy_SECURITY_HEADERS()
		for _, pattern := range spec.patterns {
			(*settings.AdditionalBehaviors)[pattern] = behavior
		}
	}
	if spec.WebACL != "" {
		settings.WebAclId = jsii.String(spec.WebACL)
	}
	if d := spec.domain; d != nil {
		settings.DomainNames = jsii.Strings(d.Name)
		settings.Certificate = d.certificate(p.Construct)
		settings.MinimumProtocolVersion = awscloudfront.SecurityPolicyProtocol_TLS_V1_2_2021
	}
	p.Distribution = awscloudfront.NewDistribution(p.Construct, jsii.String("Distribution"), settings)
	p.addSockets(files, apiHost(scope, r.API.ApiId()))
	p.Origin = "https://" + *p.Distribution.DistributionDomainName()
	if d := spec.domain; d != nil {
		p.Origin = "https://" + d.Name
		d.pointTo(p.Construct, p.Distribution)
	} else {
		suppress(p.Distribution, "AwsSolutions-CFR4", "CloudFront's own certificate has a fixed policy; a domain of your own has TLS 1.2.")
	}
	suppress(p.Distribution, "AwsSolutions-CFR1", "It is for the people whom its owner invites, wherever they are.")
	if spec.WebACL == "" {
		suppress(p.Distribution, "AwsSolutions-CFR2", "A web ACL has a monthly price; pass one with WebACL.")
	}
	suppress(p.Distribution, "AwsSolutions-CFR3", "CloudFront's logs contain whole addresses with their queries; "+
		"the APIs' own access logs contain what is needed.")
	p.upload(spec.Files, r.props.LogRetention)
	// This is no cycle: functions name the distribution, which names the APIs; and an API
	// names no function, because routes are resources of their own.
	r.AllowOrigins(p.Origin)
	return p
}

// files is the behavior of paths that nothing else has.
func (p *Page) files(spec pageSpec) *awscloudfront.BehaviorOptions {
	behavior := &awscloudfront.BehaviorOptions{
		Origin: awscloudfrontorigins.S3BucketOrigin_WithOriginAccessControl(p.Bucket, &awscloudfrontorigins.S3BucketOriginWithOACProps{
			OriginAccessControl: awscloudfront.NewS3OriginAccessControl(p.Construct, jsii.String("Access"), &awscloudfront.S3OriginAccessControlProps{
				OriginAccessControlName: jsii.String(uniqueName(p.Construct)), // unique in the account, in all regions
			}),
		}),
		ViewerProtocolPolicy:  awscloudfront.ViewerProtocolPolicy_REDIRECT_TO_HTTPS,
		CachePolicy:           p.newRevalidation(),
		ResponseHeadersPolicy: p.newHeaders(spec.headers),
	}
	if spec.views {
		behavior.FunctionAssociations = onRequest(p.newFunction("Views", "paths without an extension are views of the page", `
function handler(event) {
  if (!/\.[^\/]*$/.test(event.request.uri)) event.request.uri = "/index.html";
  return event.request;
}
`))
	}
	return behavior
}

// addSockets adds the paths of Socket.IO: the client's builds from the page's files, and
// then the WebSocket API. CloudFront takes the first pattern that matches.
func (p *Page) addSockets(files *awscloudfront.BehaviorOptions, host string) {
	p.Distribution.AddBehavior(jsii.String("/socket.io/socket.io.*"), files.Origin, &awscloudfront.AddBehaviorOptions{
		ViewerProtocolPolicy:  files.ViewerProtocolPolicy,
		CachePolicy:           files.CachePolicy,
		ResponseHeadersPolicy: files.ResponseHeadersPolicy,
	})
	api := p.forwardTo(host, "/"+stageName)
	p.Distribution.AddBehavior(jsii.String("/socket.io/*"), api.Origin, &awscloudfront.AddBehaviorOptions{
		ViewerProtocolPolicy: api.ViewerProtocolPolicy,
		AllowedMethods:       api.AllowedMethods,
		CachePolicy:          api.CachePolicy,
		OriginRequestPolicy:  api.OriginRequestPolicy,
		// The WebSocket API has no path below its stage.
		FunctionAssociations: onRequest(p.newFunction("SocketPath", "/socket.io/ is the root of the WebSocket API", `
function handler(event) {
  event.request.uri = "/";
  return event.request;
}
`)),
	})
}

// newBucket adds the bucket, which only the distribution may read.
func (p *Page) newBucket() {
	p.Bucket = awss3.NewBucket(p.Construct, jsii.String("Files"), &awss3.BucketProps{
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(),
		EnforceSSL:        jsii.Bool(true),
		Encryption:        awss3.BucketEncryption_S3_MANAGED,
		RemovalPolicy:     awscdk.RemovalPolicy_DESTROY, // empty by then: see upload
	})
	suppress(p.Bucket, "AwsSolutions-S1", "It holds the page's public files, and only CloudFront reads it.")
}

// apiHost returns the host of an API's own address.
func apiHost(scope constructs.Construct, id *string) string {
	stack := awscdk.Stack_Of(scope)
	return *id + ".execute-api." + *stack.Region() + "." + *stack.UrlSuffix()
}

// forwardTo forwards requests unchanged, with Authorization but without Host, by which API
// Gateway finds its APIs. CloudFront closes a WebSocket after ten minutes without a message
// from the API; the sweep's heartbeats prevent that, as they do API Gateway's own limit.
func (p *Page) forwardTo(host, path string) *awscloudfront.BehaviorOptions {
	origin := &awscloudfrontorigins.HttpOriginProps{
		ProtocolPolicy:     awscloudfront.OriginProtocolPolicy_HTTPS_ONLY,
		OriginSslProtocols: &[]awscloudfront.OriginSslPolicy{awscloudfront.OriginSslPolicy_TLS_V1_2},
	}
	if path != "" {
		origin.OriginPath = jsii.String(path)
	}
	return &awscloudfront.BehaviorOptions{
		Origin:               awscloudfrontorigins.NewHttpOrigin(jsii.String(host), origin),
		ViewerProtocolPolicy: awscloudfront.ViewerProtocolPolicy_HTTPS_ONLY,
		AllowedMethods:       awscloudfront.AllowedMethods_ALLOW_ALL(),
		CachePolicy:          awscloudfront.CachePolicy_CACHING_DISABLED(),
		OriginRequestPolicy:  awscloudfront.OriginRequestPolicy_ALL_VIEWER_EXCEPT_HOST_HEADER(),
	}
}

// newFunction adds a function of CloudFront.
func (p *Page) newFunction(id, comment, code string) awscloudfront.Function {
	return awscloudfront.NewFunction(p.Construct, jsii.String(id), &awscloudfront.FunctionProps{
		Comment: jsii.String("Confab: " + comment),
		Runtime: awscloudfront.FunctionRuntime_JS_2_0(),
		Code:    awscloudfront.FunctionCode_FromInline(jsii.String(strings.TrimSpace(code))),
	})
}

// onRequest runs a function at each request of a behavior.
func onRequest(f awscloudfront.Function) *[]*awscloudfront.FunctionAssociation {
	return &[]*awscloudfront.FunctionAssociation{{EventType: awscloudfront.FunctionEventType_VIEWER_REQUEST, Function: f}}
}
