package deploy

import "testing"

// ofPage returns the only resource of a type beside that of the bucket of attachments.
func (m template) ofPage(t *testing.T, kind string) resource {
	t.Helper()
	var found []resource
	for id, r := range m.of(kind) {
		if id != "Attachments" && flat(r.Properties["Bucket"]) != "${Attachments}" {
			found = append(found, r)
		}
	}
	if len(found) != 1 {
		t.Fatalf("there are %d of %s", len(found), kind)
	}
	return found[0]
}

func TestAttachmentsArePrivateAndStayAndUploadsInNoMessageDoNot(t *testing.T) {
	bucket := synth(t).Resources["Attachments"]
	want(t, "public access", bucket.Properties["PublicAccessBlockConfiguration"], any(map[string]any{
		"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true,
	}))
	want(t, "encryption", flat(bucket.Properties["BucketEncryption"]),
		`{"ServerSideEncryptionConfiguration":[{"ServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"}}]}`)
	want(t, "rules", flat(bucket.Properties["LifecycleConfiguration"]),
		`{"Rules":[{"ExpirationInDays":1,"Id":"uploads-in-no-message","Prefix":"pending/","Status":"Enabled"}]}`)
	want(t, "without the stack", bucket.DeletionPolicy, "RetainExceptOnCreate")
	want(t, "without the data", synth(t, "retainData=false").Resources["Attachments"].DeletionPolicy, "Delete")
}

func TestPagesOfTheirOwnNamesUploadAndNoOthers(t *testing.T) {
	m := synth(t, "domainName=chat.example.com", "certificateArn="+certificate, "hostedZoneId=Z1", "hostedZoneName=example.com")
	want(t, "CORS", flat(at(m.Resources["Attachments"].Properties["CorsConfiguration"], "CorsRules", "AllowedOrigins")),
		`["https://chat.example.com"]`)
}

func TestAnOperatorBoundsAttachments(t *testing.T) {
	m := synth(t, "maxAttachmentKilobytes=500", "attachmentTypes=image/*, audio/*")
	off := synth(t, "attachments=false")
	for _, name := range []string{"message", "api"} {
		variables := at(m.functions()[name].Properties["Environment"], "Variables")
		want(t, name, []string{flat(at(variables, "CONFAB_MAX_FILE")), flat(at(variables, "CONFAB_FILE_TYPES"))}, []string{"500", "image/*,audio/*"})
		want(t, name+" off", flat(at(off.functions()[name].Properties["Environment"], "Variables", "CONFAB_FILE_TYPES")), "none")
	}
}
