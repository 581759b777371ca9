package confab

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3deployment"
	"github.com/aws/jsii-runtime-go"
)

// upload copies the page's files into the bucket at every deployment, with the CDK's own
// function for it. Instead of the CDK's role, which has wildcards, it gets one that may read
// the page's archive and write the page's bucket. Files of earlier versions stay for pages
// that are still open, until the stack is deleted.
func (p *Page) upload(files string, retention awslogs.RetentionDays) {
	archive := awss3assets.NewAsset(p.Construct, jsii.String("Archive"), &awss3assets.AssetProps{Path: jsii.String(files)})
	u := p.uploader(retention)
	allow(u.role, "s3", []string{"GetObject"}, archive.Bucket().ArnForObjects(archive.S3ObjectKey()))
	allow(u.role, "s3", []string{"ListBucket", "GetBucketTagging"}, p.Bucket.BucketArn())
	allow(u.role, "s3", []string{"PutObject", "DeleteObject"}, p.Bucket.ArnForObjects(jsii.String("*")))

	upload := awss3deployment.NewBucketDeployment(p.Construct, jsii.String("Upload"), &awss3deployment.BucketDeploymentProps{
		Sources:           &[]awss3deployment.ISource{awss3deployment.Source_Bucket(archive.Bucket(), archive.S3ObjectKey())},
		DestinationBucket: p.Bucket,
		Role:              u.role.WithoutPolicyUpdates(nil),
		LogGroup:          u.log,
		MemoryLimit:       jsii.Number(uploadMemoryMB),
		Prune:             jsii.Bool(false),
		RetainOnDelete:    jsii.Bool(false),
		// The names of assets contain a hash, so they never change. The page itself has another header.
		CacheControl: &[]awss3deployment.CacheControl{awss3deployment.CacheControl_FromString(jsii.String("public, max-age=31536000, immutable"))},
	})
	// The CDK tags the bucket as owned by the upload. When the upload is deleted, it empties
	// the bucket only if the tag is gone, which is never so when the whole stack is deleted
	// (aws-cdk #33397). Without the tag, the bucket is emptied and can be deleted. The price:
	// the bucket lacks the stack's tags, and if the upload ever got another logical id, it
	// would empty the bucket after filling it.
	p.Bucket.Node().DefaultChild().(awss3.CfnBucket).AddPropertyDeletionOverride(jsii.String("Tags"))
	// The files are written after the role gets its grants, and deleted before it loses them.
	upload.Node().AddDependency(u.role)
	suppress(awscdk.Stack_Of(p.Construct).Node().FindChild(jsii.String(uploadFunction)), "AwsSolutions-L1",
		"It is the CDK's function, and runs on the runtime with which the CDK tests it.")
}

// The CDK makes one such function in a stack for each memory size. An unusual size keeps
// ours apart from other uses, which have other roles.
const (
	uploadMemoryMB = 384
	uploadFunction = "Custom::CDKBucketDeployment8693BB64968944B69AAFB0CC9EB8756C384MiB"
)

// uploader has the role and the log of that function, which are shared in a stack.
type uploader struct {
	role awsiam.Role
	log  awslogs.LogGroup
}

func (p *Page) uploader(retention awslogs.RetentionDays) uploader {
	stack := awscdk.Stack_Of(p.Construct)
	const role, log = "ConfabUploadRole", "ConfabUploadLog"
	if existing := stack.Node().TryFindChild(jsii.String(role)); existing != nil {
		return uploader{existing.(awsiam.Role), stack.Node().FindChild(jsii.String(log)).(awslogs.LogGroup)}
	}
	u := uploader{log: newLog(stack, log, retention)}
	u.role = newRole(stack, role, u.log)
	suppress(u.role, "AwsSolutions-IAM5", "The page's build makes up the names of its files.",
		findingPattern(`/^Resource::<.*PageFiles.*\.Arn>\/\*$/`))
	return u
}
