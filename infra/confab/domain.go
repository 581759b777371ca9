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

// Domain is a name of yours.
type Domain struct {
	// Name is the host's name: chat.example.com.
	Name string
	// CertificateARN is an AWS Certificate Manager certificate for the name: of the
	// region us-east-1 for a page, which CloudFront serves, and of the stack's own for a
	// WebSocket API without one.
	CertificateARN string
	// HostedZone gets the records that point to what is deployed. Nil: make a CNAME
	// record yourself.
	HostedZone awsroute53.IHostedZone
}

func (d *Domain) certificate(scope constructs.Construct) awscertificatemanager.ICertificate {
	return awscertificatemanager.Certificate_FromCertificateArn(scope, jsii.String("Certificate"), jsii.String(d.CertificateARN))
}

// forAPI makes API Gateway know the name.
func (d *Domain) forAPI(scope constructs.Construct) api.DomainName {
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
