package confab

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/jsii-runtime-go"

	"github.com/confab-chat/confab/shared/page"
)

// newHeaders adds the headers of the page itself.
func (p *Page) newHeaders(files string, connect []string) awscloudfront.ResponseHeadersPolicy {
	return p.headers("Headers", "no-cache", &awscloudfront.ResponseHeadersContentSecurityPolicy{
		ContentSecurityPolicy: jsii.String(page.ContentSecurityPolicy(files, connect...)), Override: jsii.Bool(true),
	})
}

// newAssetHeaders adds the headers of assets. Their names contain a hash, so they never
// change.
func (p *Page) newAssetHeaders() awscloudfront.ResponseHeadersPolicy {
	return p.headers("AssetHeaders", "public, max-age=31536000, immutable", nil)
}

// newAPIHeaders adds the headers of the HTTP API's responses.
func (p *Page) newAPIHeaders() awscloudfront.ResponseHeadersPolicy {
	return p.headers("APIHeaders", "no-store", nil)
}

func (p *Page) headers(id, cacheControl string, policy *awscloudfront.ResponseHeadersContentSecurityPolicy) awscloudfront.ResponseHeadersPolicy {
	yes := jsii.Bool(true)
	custom := func(name, value string) *awscloudfront.ResponseCustomHeader {
		return &awscloudfront.ResponseCustomHeader{Header: jsii.String(name), Value: jsii.String(value), Override: yes}
	}
	return awscloudfront.NewResponseHeadersPolicy(p.Construct, jsii.String(id), &awscloudfront.ResponseHeadersPolicyProps{
		ResponseHeadersPolicyName: jsii.String(uniqueName(p.Construct) + "-" + id), // unique in the account, in all regions
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
		CustomHeadersBehavior: &awscloudfront.ResponseCustomHeadersBehavior{
			CustomHeaders: &[]*awscloudfront.ResponseCustomHeader{
				custom("Cache-Control", cacheControl),
				custom("Permissions-Policy", "camera=(), geolocation=(), microphone=(self), payment=()"),
				custom("Cross-Origin-Opener-Policy", "same-origin"),
			},
		},
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
