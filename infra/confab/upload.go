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

// upload puts the page's files into the bucket with every deployment, by the CDK's own
// function for this. Its role would come with wildcards; it gets one of ours instead,
// which may read the page's archive and write the page's bucket. Files of earlier
// versions stay, for pages that are still open, until the stack is deleted.
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
	})
	// The CDK tags the bucket as the upload's, and the upload's end empties it only if the
	// tag is gone by then, which it never is when the whole stack is deleted (aws-cdk
	// #33397). Without the tag it is emptied and can be deleted. The price: the stack's own
	// tags are not on the bucket, and another logical id of the upload would empty it
	// after it was filled.
	p.Bucket.Node().DefaultChild().(awss3.CfnBucket).AddPropertyDeletionOverride(jsii.String("Tags"))
	// The files are not written before they may be, and not deleted after.
	upload.Node().AddDependency(u.role)
	accept(awscdk.Stack_Of(p.Construct).Node().FindChild(jsii.String(uploadFunction)), "AwsSolutions-L1",
		"It is the CDK's function, on the runtime that the CDK tests it with.")
}

// The CDK makes one such function in a stack for each size of memory, whoever asks
// first. One size of our own keeps it apart from other uses, with roles of their own.
const (
	uploadMemoryMB = 384
	uploadFunction = "Custom::CDKBucketDeployment8693BB64968944B69AAFB0CC9EB8756C384MiB"
)

// uploader is the role and the log of that function: one in a stack.
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
	accept(u.role, "AwsSolutions-IAM5", "The page's files have names that its build makes up.",
		matching(`/^Resource::<.*PageFiles.*\.Arn>\/\*$/`))
	return u
}
