package confab

import (
	"net/url"

	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/jsii-runtime-go"

	"github.com/confab-chat/confab/shared/names"
)

// Identity says who may sign in. The zero value makes a Cognito user pool, to which an
// administrator invites people.
type Identity struct {
	// Issuer is the URL of your own OpenID Connect issuer, in place of the user pool.
	// Audience is the audience that its tokens must have: the page's client id.
	Issuer, Audience string
	// NoAuthorizer leaves the verification of tokens to the functions. API Gateway's
	// authorizer saves invocations for requests without a valid token, but it verifies only
	// RSA signatures with a key id.
	NoAuthorizer bool
	// SelfSignUp lets everyone with a mail address join the user pool.
	SelfSignUp bool
	// Guests lets everyone join who gives a name.
	Guests bool
	// GuestKey names the key that signs guests' tokens. Another name makes a new key, which
	// signs all guests out.
	GuestKey string
	// GuestsOnly leaves the user pool out.
	GuestsOnly bool
}

// resolvedIdentity is an Identity with the resources made for it.
type resolvedIdentity struct {
	issuer, audience *string
	// authorizer says whether API Gateway verifies tokens too.
	authorizer bool
	// origins are those that the page connects to for signing in.
	origins     []string
	environment map[string]*string
}

func (c *Chat) newIdentity(props Identity, keeping Keeping) resolvedIdentity {
	guests := props.Guests || props.GuestsOnly
	identity := resolvedIdentity{environment: map[string]*string{}, authorizer: !guests && !props.NoAuthorizer}
	switch {
	case props.Issuer != "":
		identity.issuer, identity.audience = jsii.String(props.Issuer), jsii.String(props.Audience)
		if u, err := url.Parse(props.Issuer); err == nil {
			identity.origins = []string{u.Scheme + "://" + u.Host}
		}
	case !props.GuestsOnly:
		c.Users = newUsers(c.Construct, props.SelfSignUp, keeping)
		identity.issuer, identity.audience = c.Users.Pool.UserPoolProviderUrl(), c.Users.Client.UserPoolClientId()
		identity.origins = c.Users.origins()
	}
	if identity.issuer != nil {
		identity.environment[names.EnvOIDCIssuer] = identity.issuer
		identity.environment[names.EnvOIDCAudience] = identity.audience
	}
	if guests {
		// The template holds only a reference, which CloudFormation resolves. Who may read the
		// functions' configuration may read the secret; it gives no more than a guest's name.
		identity.environment[names.EnvGuestSecret] = c.newGuestSecret(props.GuestKey).SecretValue().UnsafeUnwrap()
	}
	return identity
}

// newGuestSecret makes the key that signs guests' tokens. The name is part of the logical
// id, so another name makes a new secret and changes the functions' environment.
func (c *Chat) newGuestSecret(name string) awssecretsmanager.Secret {
	return newSecret(c.Construct, "GuestSecret"+name, "Signs the tokens of Confab's guests",
		"A new secret signs every guest out, and a guest cannot sign in again as the same person.")
}
