package confab

import (
	"strconv"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/confab-chat/confab/shared/names"
)

// AttachmentProps say which files may be attached to messages. What is zero has the default of
// package chat.
type AttachmentProps struct {
	// MaxKilobytes bounds a file: 10,000.
	MaxKilobytes int
	// Types are the media types that are taken, as "image/*": all.
	Types []string
	// Off takes no more files. Those of earlier messages stay and can be read.
	Off bool
}

// newFiles adds the bucket of attachments, and lets the functions that people ask sign for it. What is
// uploaded and in no message is deleted after a day.
func (c *Chat) newFiles(props *ChatProps) {
	c.Files = awss3.NewBucket(c.Construct, jsii.String("Attachments"), &awss3.BucketProps{
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(),
		EnforceSSL:        jsii.Bool(true),
		Encryption:        awss3.BucketEncryption_S3_MANAGED,
		ObjectOwnership:   awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED,
		RemovalPolicy:     props.Keeping.policy(),
		Cors:              &[]*awss3.CorsRule{uploadsFrom(props)},
		LifecycleRules: &[]*awss3.LifecycleRule{{
			Id: jsii.String("uploads-in-no-message"), Prefix: jsii.String("pending/"), Expiration: awscdk.Duration_Days(jsii.Number(1)),
		}},
	})
	suppress(c.Files, "AwsSolutions-S1", "Access logs would hold the names of rooms and people; the APIs' own logs contain what is needed.")
	variables := map[string]string{}
	if n := props.Attachments.MaxKilobytes; n > 0 {
		variables[names.EnvMaxFile] = strconv.Itoa(n)
	}
	if types := props.Attachments.Types; len(types) > 0 {
		variables[names.EnvFileTypes] = strings.Join(types, ",")
	}
	if props.Attachments.Off {
		variables[names.EnvFileTypes] = "none"
	}
	for _, name := range []string{names.Message, names.API} {
		f := c.Realtime.functions[name]
		f.AddEnvironment(jsii.String(names.EnvFilesBucket), c.Files.BucketName(), nil)
		for variable, value := range variables {
			f.AddEnvironment(jsii.String(variable), jsii.String(value), nil)
		}
		pending, kept := jsii.String(*c.Files.BucketArn()+"/pending/*"), jsii.String(*c.Files.BucketArn()+"/kept/*")
		allow(f.Role(), "s3", []string{"GetObject", "PutObject", "DeleteObject"}, pending, kept)
		// Without it, a missing object is answered with 403, as if it must not be seen.
		allow(f.Role(), "s3", []string{"ListBucket"}, c.Files.BucketArn())
		suppress(f.Role(), "AwsSolutions-IAM5", "The keys of attachments have the ids of rooms and people.",
			findingPattern(`/^Resource::<.*Attachments.*\.Arn>\/(pending|kept)\/\*$/`))
	}
}

// uploadsFrom lets pages of origins upload to the bucket. CloudFront's name for the page is not known yet,
// because the page's headers name the bucket. Then every page may try: who uploads or reads needs
// a signature, and no cookie is ever sent there.
func uploadsFrom(props *ChatProps) *awss3.CorsRule {
	origins := []string{"*"}
	if props.Domain != nil {
		origins = append([]string{"https://" + props.Domain.Name}, props.AllowedOrigins...)
	}
	return &awss3.CorsRule{
		AllowedMethods: &[]awss3.HttpMethods{awss3.HttpMethods_GET, awss3.HttpMethods_POST},
		AllowedOrigins: jsii.Strings(origins...),
		AllowedHeaders: jsii.Strings("*"),
		MaxAge:         jsii.Number(3600),
	}
}

// filesOrigin is the origin of attachments, which is never the page's.
func (c *Chat) filesOrigin() string {
	stack := awscdk.Stack_Of(c.Construct)
	return "https://" + *c.Files.BucketName() + ".s3." + *stack.Region() + "." + *stack.UrlSuffix()
}
