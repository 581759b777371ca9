package confab

import (
	api "github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscertificatemanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53targets"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Domain is a domain name of your own.
type Domain struct {
	// Name is the host's name: chat.example.com.
	Name string
	// CertificateARN is an AWS Certificate Manager certificate for the name. It must be in
	// us-east-1 for a page, which CloudFront serves, and in the stack's region for a
	// WebSocket API without a page.
	CertificateARN string
	// HostedZone gets the records of the name. Nil: create a CNAME record yourself.
	HostedZone awsroute53.IHostedZone
}

func (d *Domain) certificate(scope constructs.Construct) awscertificatemanager.ICertificate {
	return awscertificatemanager.Certificate_FromCertificateArn(scope, jsii.String("Certificate"), jsii.String(d.CertificateARN))
}

// newForAPI adds the name to API Gateway.
func (d *Domain) newForAPI(scope constructs.Construct) api.DomainName {
	name := api.NewDomainName(scope, jsii.String("DomainName"), &api.DomainNameProps{
		DomainName:  jsii.String(d.Name),
		Certificate: d.certificate(scope),
	})
	if d.HostedZone != nil {
		d.record(scope, awsroute53targets.NewApiGatewayv2DomainProperties(name.RegionalDomainName(), name.RegionalHostedZoneId()))
	}
	return name
}

// pointTo points the name to a distribution.
func (d *Domain) pointTo(scope constructs.Construct, distribution awscloudfront.Distribution) {
	if d.HostedZone == nil {
		return
	}
	target := awsroute53targets.NewCloudFrontTarget(distribution)
	d.record(scope, target)
	awsroute53.NewAaaaRecord(scope, jsii.String("IPv6"), &awsroute53.AaaaRecordProps{
		Zone: d.HostedZone, RecordName: jsii.String(d.Name + "."), Target: awsroute53.RecordTarget_FromAlias(target),
	})
}

func (d *Domain) record(scope constructs.Construct, target awsroute53.IAliasRecordTarget) {
	awsroute53.NewARecord(scope, jsii.String("IPv4"), &awsroute53.ARecordProps{
		Zone: d.HostedZone, RecordName: jsii.String(d.Name + "."), Target: awsroute53.RecordTarget_FromAlias(target),
	})
}
