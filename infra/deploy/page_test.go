package deploy

import (
	"encoding/json"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const certificate = "arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-0000-0000-000000000000"

// behaviors returns the target and the settings of each path of the distribution.
func behaviors(t *testing.T, m template) map[string]string {
	t.Helper()
	config := m.one(t, "AWS::CloudFront::Distribution").Properties["DistributionConfig"]
	origins := map[string]string{}
	for _, o := range at(config, "Origins").([]any) {
		origins[flat(at(o, "Id"))] = flat(at(o, "DomainName")) + flat(at(o, "OriginPath"))
	}
	managed := map[string]string{ // by AWS's fixed ids
		"4135ea2d-6df8-44a3-9df3-4b5a84be39ad": "CachingDisabled",
		"658327ea-f89d-4fab-a63d-7e88639e58f6": "CachingOptimized",
		"b689b0a8-53d0-40ab-baf2-68738e2966ac": "AllViewerExceptHostHeader",
	}
	describe := func(b any) string {
		parts := []string{origins[flat(at(b, "TargetOriginId"))], flat(at(b, "ViewerProtocolPolicy"))}
		for _, policy := range []string{"CachePolicyId", "OriginRequestPolicyId"} {
			if id := flat(at(b, policy)); id != "" {
				if managed[id] != "" {
					id = managed[id]
				}
				parts = append(parts, id)
			}
		}
		if at(b, "FunctionAssociations") != nil {
			parts = append(parts, "rewritten")
		}
		return m.named(strings.Join(parts, " "))
	}
	found := map[string]string{"*": describe(at(config, "DefaultCacheBehavior"))}
	for _, b := range at(config, "CacheBehaviors").([]any) {
		found[flat(at(b, "PathPattern"))] = describe(b)
	}
	return found
}

var hash = regexp.MustCompile(`[0-9A-F]{8}}`)

func TestThePageAndItsAPIsAreOneOrigin(t *testing.T) {
	found := behaviors(t, synth(t))
	for path, to := range found {
		found[path] = hash.ReplaceAllString(to, "}")
	}
	want(t, "behaviors", found, map[string]string{
		"*":         "${Bucket.RegionalDomainName} redirect-to-https ${ChatPageRevalidation}",
		"/assets/*": "${Bucket.RegionalDomainName} redirect-to-https CachingOptimized",
		"/api/*": "${HTTP API}.execute-api.${AWS::Region}.${AWS::URLSuffix} https-only " +
			"CachingDisabled AllViewerExceptHostHeader",
		"/socket.io/socket.io.*": "${Bucket.RegionalDomainName} redirect-to-https ${ChatPageRevalidation}",
		"/socket.io/*": "${WEBSOCKET API}.execute-api.${AWS::Region}.${AWS::URLSuffix}/prod https-only " +
			"CachingDisabled AllViewerExceptHostHeader rewritten",
	})
}

// CloudFront compresses what its cache policy lets it keep in gzip and Brotli. CachingOptimized, of AWS, does.
func TestFilesAreCompressed(t *testing.T) {
	m := synth(t)
	config := m.one(t, "AWS::CloudFront::Distribution").Properties["DistributionConfig"]
	compressed := map[string]any{"*": at(config, "DefaultCacheBehavior", "Compress")}
	for _, b := range at(config, "CacheBehaviors").([]any) {
		compressed[flat(at(b, "PathPattern"))] = at(b, "Compress")
	}
	want(t, "compressed", compressed, map[string]any{
		"*": true, "/assets/*": true, "/api/*": true, "/socket.io/socket.io.*": true, "/socket.io/*": true,
	})
	policy := at(m.one(t, "AWS::CloudFront::CachePolicy").Properties["CachePolicyConfig"])
	encodings := at(policy, "ParametersInCacheKeyAndForwardedToOrigin")
	want(t, "the page's own policy", map[string]any{
		"gzip":   at(encodings, "EnableAcceptEncodingGzip"),
		"brotli": at(encodings, "EnableAcceptEncodingBrotli"),
		"max":    at(policy, "MaxTTL"), // 0 would turn caching off, and compression with it
	}, map[string]any{"gzip": true, "brotli": true, "max": 1.0})
}

// CloudFront takes the first pattern that matches, and both match /socket.io/socket.io.js.
func TestTheClientsBuildsComeFromTheFilesAndNotFromTheWebSocketAPI(t *testing.T) {
	config := synth(t).one(t, "AWS::CloudFront::Distribution").Properties["DistributionConfig"]
	var patterns []string
	for _, b := range at(config, "CacheBehaviors").([]any) {
		if pattern := flat(at(b, "PathPattern")); strings.HasPrefix(pattern, "/socket.io/") {
			patterns = append(patterns, pattern)
		}
	}
	want(t, "patterns", patterns, []string{"/socket.io/socket.io.*", "/socket.io/*"})
}

// handled returns the path that a function of CloudFront makes of another one.
func handled(t *testing.T, code, path string) string {
	t.Helper()
	event := `{"request":{"method":"GET","uri":"` + path + `","querystring":{"EIO":{"value":"4"}},"headers":{}}}`
	out, err := exec.Command("node", "-e", code+";console.log(JSON.stringify(handler("+event+")))").Output()
	if err != nil {
		t.Fatal(err)
	}
	var request struct{ URI string }
	if err := json.Unmarshal(out, &request); err != nil {
		t.Fatal(err)
	}
	want(t, "the rest of the request", strings.TrimSpace(string(out)),
		`{"method":"GET","uri":"`+request.URI+`","querystring":{"EIO":{"value":"4"}},"headers":{}}`)
	return request.URI
}

func TestTheSocketPathIsTheRootOfItsAPI(t *testing.T) {
	code := flat(synth(t).one(t, "AWS::CloudFront::Function").Properties["FunctionCode"])
	want(t, "the path", handled(t, code, "/socket.io/"), "/")
}

func TestOnlyTheDistributionReadsTheFiles(t *testing.T) {
	m := synth(t)
	for _, origin := range at(m.one(t, "AWS::CloudFront::Distribution").Properties["DistributionConfig"], "Origins").([]any) {
		if strings.Contains(m.named(flat(at(origin, "DomainName"))), "${Bucket") && flat(at(origin, "OriginAccessControlId")) == "" {
			t.Error("the bucket is read without origin access control")
		}
	}
	want(t, "public access", m.ofPage(t, "AWS::S3::Bucket").Properties["PublicAccessBlockConfiguration"], any(map[string]any{
		"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true,
	}))
	var allowed []string
	for _, s := range at(m.ofPage(t, "AWS::S3::BucketPolicy").Properties["PolicyDocument"], "Statement").([]any) {
		if at(s, "Effect") == "Allow" {
			allowed = append(allowed, flat(at(s, "Action"))+" "+flat(at(s, "Principal"))+" "+
				m.named(flat(at(s, "Condition", "StringEquals", "AWS:SourceArn"))))
		}
	}
	want(t, "who may read", allowed, []string{
		`s3:GetObject {"Service":"cloudfront.amazonaws.com"} arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Distribution}`,
	})
}

// The CDK marks the bucket with a tag, and empties it only if the tag is gone. It would not
// be gone when a stack is deleted.
func TestTheFilesGoWithTheStack(t *testing.T) {
	bucket := synth(t).ofPage(t, "AWS::S3::Bucket")
	want(t, "tags", bucket.Properties["Tags"], nil)
	want(t, "the bucket", bucket.DeletionPolicy, "Delete")
	upload := synth(t).one(t, "Custom::CDKBucketDeployment")
	want(t, "the files", upload.Properties["RetainOnDelete"], any(false))
}

// policyOf returns the Content-Security-Policy of the page.
func policyOf(m template) string {
	for _, p := range m.of("AWS::CloudFront::ResponseHeadersPolicy") {
		if csp := at(p.Properties["ResponseHeadersPolicyConfig"], "SecurityHeadersConfig", "ContentSecurityPolicy", "ContentSecurityPolicy"); csp != nil {
			return m.named(flat(csp))
		}
	}
	return ""
}

func TestThePageLoadsNothingFromElsewhereAndTalksToItsIssuer(t *testing.T) {
	const files = "https://${Attachments}.s3.${AWS::Region}.${AWS::URLSuffix}"
	policy := func(connect string) string {
		return "default-src 'none'; script-src 'self'; style-src 'self'; img-src data: 'self' blob: " + files +
			"; media-src 'self' blob: " + files + "; manifest-src 'self'; " + connect + " " + files + "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
	}
	for connect, parameters := range map[string][]string{
		"connect-src 'self' https://cognito-idp.${AWS::Region}.${AWS::URLSuffix} " +
			"https://${UserPoolDomain}.auth.${AWS::Region}.amazoncognito.com": {},
		"connect-src 'self' https://id.example.com https://token.example.com": {
			"issuer=https://id.example.com/tenant", "clientId=page", "connectSources=https://token.example.com",
		},
		"connect-src 'self'": {"guests=true", "userPool=false"},
	} {
		want(t, "policy", policyOf(synth(t, parameters...)), policy(connect))
	}
}

// An account has 20 policies of headers and 20 of caches.
func TestAStackHasOnePolicyOfHeadersAndOneOfCaches(t *testing.T) {
	m := synth(t)
	want(t, "policies of headers", len(m.of("AWS::CloudFront::ResponseHeadersPolicy")), 1)
	want(t, "policies of caches", len(m.of("AWS::CloudFront::CachePolicy")), 1)
	want(t, "policies of requests", len(m.of("AWS::CloudFront::OriginRequestPolicy")), 0)
}

func TestThePagesHeaders(t *testing.T) {
	m := synth(t)
	config := m.one(t, "AWS::CloudFront::ResponseHeadersPolicy").Properties["ResponseHeadersPolicyConfig"]
	headers := map[string]string{}
	for _, h := range at(config, "CustomHeadersConfig", "Items").([]any) {
		headers[flat(at(h, "Header"))] = flat(at(h, "Value"))
		want(t, "overrides that of the file", at(h, "Override"), any(true))
	}
	want(t, "own headers", headers, map[string]string{
		"Cache-Control":              "no-cache",
		"Permissions-Policy":         "camera=(), geolocation=(), microphone=(self), payment=()",
		"Cross-Origin-Opener-Policy": "same-origin",
	})
	security, err := json.Marshal(without(at(config, "SecurityHeadersConfig").(map[string]any), "ContentSecurityPolicy"))
	if err != nil {
		t.Fatal(err)
	}
	want(t, "security headers", string(security), `{"ContentTypeOptions":{"Override":true},`+
		`"ReferrerPolicy":{"Override":true,"ReferrerPolicy":"no-referrer"},`+
		`"StrictTransportSecurity":{"AccessControlMaxAgeSec":31536000,"Override":true}}`)
}

func TestEachPathHasItsHeaders(t *testing.T) {
	m := synth(t)
	names := map[string]string{"67f7725c-6f97-4210-82d7-5512b31e9d03": "SecurityHeadersPolicy"} // AWS's own
	for id := range m.of("AWS::CloudFront::ResponseHeadersPolicy") {
		names["${"+id+"}"] = "the page's"
	}
	config := m.one(t, "AWS::CloudFront::Distribution").Properties["DistributionConfig"]
	policies := map[string]string{"*": names[flat(at(config, "DefaultCacheBehavior", "ResponseHeadersPolicyId"))]}
	for _, b := range at(config, "CacheBehaviors").([]any) {
		policies[flat(at(b, "PathPattern"))] = names[flat(at(b, "ResponseHeadersPolicyId"))]
	}
	want(t, "policies", policies, map[string]string{
		"*": "the page's", "/socket.io/socket.io.*": "the page's",
		"/assets/*": "SecurityHeadersPolicy", "/api/*": "SecurityHeadersPolicy", "/socket.io/*": "",
	})
	upload := m.one(t, "Custom::CDKBucketDeployment").Properties
	want(t, "files are kept", flat(at(upload["SystemMetadata"], "cache-control")), "public, max-age=31536000, immutable")
}

func TestADomainOfOnesOwnIsThePagesOriginEverywhere(t *testing.T) {
	m := synth(t, "domainName=chat.example.com", "certificateArn="+certificate, "hostedZoneId=Z1", "hostedZoneName=example.com")
	config := m.one(t, "AWS::CloudFront::Distribution").Properties["DistributionConfig"]
	want(t, "aliases", flat(at(config, "Aliases")), `["chat.example.com"]`)
	want(t, "TLS", flat(at(config, "ViewerCertificate", "MinimumProtocolVersion")), "TLSv1.2_2021")
	want(t, "the page", flat(m.Outputs["ChatURL"].Value), "https://chat.example.com")
	for name, f := range m.functions() {
		want(t, name, flat(at(f.Properties["Environment"], "Variables", "CONFAB_ALLOWED_ORIGINS")), "https://chat.example.com")
	}
	client := m.one(t, "AWS::Cognito::UserPoolClient")
	want(t, "where sign-in returns to", flat(client.Properties["CallbackURLs"]), `["https://chat.example.com/"]`)
	var records []string
	for _, r := range m.of("AWS::Route53::RecordSet") {
		records = append(records, flat(r.Properties["Type"])+" "+flat(r.Properties["Name"])+" in "+flat(r.Properties["HostedZoneId"]))
	}
	slices.Sort(records)
	want(t, "records", records, []string{"A chat.example.com. in Z1", "AAAA chat.example.com. in Z1"})
}

func TestWithoutAPageThereAreTheAPIsAlone(t *testing.T) {
	m := synth(t, "page=false", "allowedOrigins=https://example.com")
	for _, kind := range []string{"AWS::CloudFront::Distribution", "Custom::CDKBucketDeployment"} {
		want(t, kind, len(m.of(kind)), 0)
	}
	for name, f := range m.functions() {
		want(t, name, flat(at(f.Properties["Environment"], "Variables", "CONFAB_ALLOWED_ORIGINS")), "https://example.com")
	}
}

// The client asks for /socket.io/ by itself, and a WebSocket API has no paths of its own.
func TestADomainOfTheAPIsOwnIsReachedAtTheClientsPath(t *testing.T) {
	regional := strings.Replace(certificate, "us-east-1", "eu-central-1", 1)
	m := synth(t, "page=false", "domainName=chat.example.com", "certificateArn="+regional)
	mapping := m.one(t, "AWS::ApiGatewayV2::ApiMapping").Properties
	want(t, "the mapping", flat(mapping["ApiMappingKey"])+" "+flat(mapping["Stage"])+" "+m.named(flat(mapping["ApiId"])),
		"socket.io prod ${WEBSOCKET API}")
	want(t, "the address", flat(m.Outputs["DomainURL"].Value), "https://chat.example.com")
}

func TestTheUploadReadsItsArchiveAndWritesItsBucket(t *testing.T) {
	m := synth(t)
	allowed := map[string][]string{}
	for id, policy := range m.of("AWS::IAM::Policy") {
		if !strings.HasPrefix(id, "ConfabUploadRole") {
			continue
		}
		for _, s := range at(policy.Properties["PolicyDocument"], "Statement").([]any) {
			for _, resource := range list(at(s, "Resource")) {
				resource = regexp.MustCompile(`[0-9a-f]{64}`).ReplaceAllString(m.named(resource), "HASH")
				allowed[resource] = list(at(s, "Action"))
			}
		}
	}
	want(t, "grants", allowed, map[string][]string{
		"arn:${AWS::Partition}:s3:::cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}/HASH.zip": {"s3:GetObject"},
		"${Bucket.Arn}":   {"s3:GetBucketTagging", "s3:ListBucket"},
		"${Bucket.Arn}/*": {"s3:DeleteObject", "s3:PutObject"},
		"${log.Arn}":      {"logs:CreateLogStream", "logs:PutLogEvents"},
	})
}
