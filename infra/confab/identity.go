package confab

import (
	"net/url"

	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/jsii-runtime-go"

	"github.com/confab-chat/confab/shared/names"
)

// Identity says who may sign in. The zero value makes a Cognito user pool of people whom
// an administrator invites.
type Identity struct {
	// Issuer is the URL of an OpenID Connect issuer of yours, in place of the user pool,
	// and Audience what its tokens must name: the page's client id.
	Issuer, Audience string
	// NoAuthorizer leaves the verification of tokens to the functions alone. API Gateway's
	// authorizer, which saves the invocations of who has no token, knows RSA signatures with
	// a key id only.
	NoAuthorizer bool
	// SelfSignUp lets everybody with a mail address into the user pool.
	SelfSignUp bool
	// Guests lets everybody in who gives a name.
	Guests bool
	// GuestKey names the key that signs guests' tokens: under another name is another key,
	// with which all guests are signed out.
	GuestKey string
	// GuestsOnly makes no user pool.
	GuestsOnly bool
}

// identity is what an Identity comes to.
type identity struct {
	issuer, audience *string
	// authorizer: API Gateway verifies tokens too.
	authorizer bool
	// origins are what the page talks to for signing in.
	origins     []string
	environment map[string]*string
}

func (c *Chat) newIdentity(props Identity, disposable bool) identity {
	guests := props.Guests || props.GuestsOnly
	who := identity{environment: map[string]*string{}, authorizer: !guests && !props.NoAuthorizer}
	switch {
	case props.Issuer != "":
		who.issuer, who.audience = jsii.String(props.Issuer), jsii.String(props.Audience)
		if u, err := url.Parse(props.Issuer); err == nil {
			who.origins = []string{u.Scheme + "://" + u.Host}
		}
	case !props.GuestsOnly:
		c.Users = newUsers(c.Construct, props.SelfSignUp, disposable)
		who.issuer, who.audience = c.Users.Pool.UserPoolProviderUrl(), c.Users.Client.UserPoolClientId()
		who.origins = c.Users.origins()
	}
	if who.issuer != nil {
		who.environment[names.EnvOIDCIssuer] = who.issuer
		who.environment[names.EnvOIDCAudience] = who.audience
	}
	if guests {
		// A reference that CloudFormation resolves: the secret is in no template. Whoever
		// may read the functions' configuration may read it; it opens no more than a name
		// does.
		who.environment[names.EnvGuestSecret] = c.newGuestSecret(props.GuestKey).SecretValue().UnsafeUnwrap()
	}
	return who
}

// newGuestSecret makes the key that signs guests' tokens. Its name is in the logical id, so
// that another name replaces it, and with it what the functions' environment refers to.
func (c *Chat) newGuestSecret(name string) awssecretsmanager.Secret {
	secret := awssecretsmanager.NewSecret(c.Construct, jsii.String("GuestSecret"+name), &awssecretsmanager.SecretProps{
		Description: jsii.String("Signs the tokens of Confab's guests"),
		GenerateSecretString: &awssecretsmanager.SecretStringGenerator{
			PasswordLength: jsii.Number(64), ExcludePunctuation: jsii.Bool(true),
		},
	})
	accept(secret, "AwsSolutions-SMG4", "A new secret signs every guest out, and guests cannot sign in again as who they were.")
	return secret
}
