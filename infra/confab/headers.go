package confab

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/jsii-runtime-go"

	"github.com/confab-chat/confab/shared/page"
)

// pageHeaders are headers of a page itself beside those that every page has.
type pageHeaders struct {
	// contentSecurityPolicy is that of the page; "": none.
	contentSecurityPolicy string
	// others are pairs of a name and a value.
	others [][2]string
}

// chatHeaders are those of the chat's page.
func chatHeaders(files string, connect []string) pageHeaders {
	return pageHeaders{
		contentSecurityPolicy: page.ContentSecurityPolicy(files, connect...),
		others: [][2]string{
			{"Permissions-Policy", "camera=(), geolocation=(), microphone=(self), payment=()"},
			{"Cross-Origin-Opener-Policy", "same-origin"},
		},
	}
}

// newHeaders adds the headers of the page itself. An account has 20 such policies, so a stack makes one,
// for what names the stack. Everything else has AWS's own (SecurityHeadersPolicy), and says
// by itself how long it may be kept.
func (p *Page) newHeaders(h pageHeaders) awscloudfront.ResponseHeadersPolicy {
	yes := jsii.Bool(true)
	var custom []*awscloudfront.ResponseCustomHeader
	for _, header := range append([][2]string{{"Cache-Control", "no-cache"}}, h.others...) { // and not that of upload
		custom = append(custom, &awscloudfront.ResponseCustomHeader{Header: jsii.String(header[0]), Value: jsii.String(header[1]), Override: yes})
	}
	var policy *awscloudfront.ResponseHeadersContentSecurityPolicy
	if h.contentSecurityPolicy != "" {
		policy = &awscloudfront.ResponseHeadersContentSecurityPolicy{ContentSecurityPolicy: jsii.String(h.contentSecurityPolicy), Override: yes}
	}
	return awscloudfront.NewResponseHeadersPolicy(p.Construct, jsii.String("Headers"), &awscloudfront.ResponseHeadersPolicyProps{
		ResponseHeadersPolicyName: jsii.String(uniqueName(p.Construct) + "-Headers"), // unique in the account, in all regions
		SecurityHeadersBehavior: &awscloudfront.ResponseSecurityHeadersBehavior{
			ContentSecurityPolicy: policy,
			ContentTypeOptions:    &awscloudfront.ResponseHeadersContentTypeOptions{Override: yes},
			ReferrerPolicy: &awscloudfront.ResponseHeadersReferrerPolicy{
				ReferrerPolicy: awscloudfront.HeadersReferrerPolicy_NO_REFERRER, Override: yes,
			},
			StrictTransportSecurity: &awscloudfront.ResponseHeadersStrictTransportSecurity{
				AccessControlMaxAge: awscdk.Duration_Days(jsii.Number(365)), Override: yes,
			},
		},
		CustomHeadersBehavior: &awscloudfront.ResponseCustomHeadersBehavior{CustomHeaders: &custom},
	})
}

// newRevalidation adds the cache policy of the page itself. CloudFront asks S3 each time
// whether the page has changed, so a deployment needs no invalidation.
func (p *Page) newRevalidation() awscloudfront.CachePolicy {
	return awscloudfront.NewCachePolicy(p.Construct, jsii.String("Revalidation"), &awscloudfront.CachePolicyProps{
		Comment:                    jsii.String("Confab: ask each time whether the page has changed"),
		MinTtl:                     awscdk.Duration_Seconds(jsii.Number(0)),
		DefaultTtl:                 awscdk.Duration_Seconds(jsii.Number(0)),
		MaxTtl:                     awscdk.Duration_Seconds(jsii.Number(1)),
		EnableAcceptEncodingGzip:   jsii.Bool(true),
		EnableAcceptEncodingBrotli: jsii.Bool(true),
	})
}
