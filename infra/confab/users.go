package confab

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscognito"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Users is a Cognito user pool with managed login. Its client is the page, which signs in
// with an authorization code and PKCE.
type Users struct {
	Pool   awscognito.UserPool
	Client awscognito.UserPoolClient
	domain awscognito.UserPoolDomain
}

func newUsers(scope constructs.Construct, selfSignUp bool, keeping Keeping) *Users {
	u := &Users{}
	u.Pool = awscognito.NewUserPool(scope, jsii.String("Users"), &awscognito.UserPoolProps{
		FeaturePlan:        awscognito.FeaturePlan_ESSENTIALS, // the cheapest with managed login
		SelfSignUpEnabled:  jsii.Bool(selfSignUp),
		SignInAliases:      &awscognito.SignInAliases{Email: jsii.Bool(true)},
		AutoVerify:         &awscognito.AutoVerifiedAttrs{Email: jsii.Bool(true)},
		AccountRecovery:    awscognito.AccountRecovery_EMAIL_ONLY,
		StandardAttributes: &awscognito.StandardAttributes{Fullname: &awscognito.StandardAttribute{Required: jsii.Bool(false), Mutable: jsii.Bool(true)}},
		PasswordPolicy: &awscognito.PasswordPolicy{
			MinLength: jsii.Number(12), RequireLowercase: jsii.Bool(true), RequireUppercase: jsii.Bool(true),
			RequireDigits: jsii.Bool(true), RequireSymbols: jsii.Bool(true),
		},
		Mfa:                awscognito.Mfa_OPTIONAL,
		MfaSecondFactor:    &awscognito.MfaSecondFactor{Otp: jsii.Bool(true), Sms: jsii.Bool(false)},
		DeletionProtection: jsii.Bool(keeping.protected()),
		RemovalPolicy:      keeping.policy(),
	})
	suppress(u.Pool, "AwsSolutions-COG2", "In a chat, a second factor is each user's choice; authenticator apps are offered.")
	suppress(u.Pool, "AwsSolutions-COG3", "Threat protection needs Cognito's Plus plan, which is billed per user.")
	suppress(u.Pool, "AwsSolutions-COG8", "The Plus plan is billed per user.")

	u.domain = u.Pool.AddDomain(jsii.String("Domain"), &awscognito.UserPoolDomainOptions{
		CognitoDomain:       &awscognito.CognitoDomainOptions{DomainPrefix: jsii.String(uniqueName(scope))},
		ManagedLoginVersion: awscognito.ManagedLoginVersion_NEWER_MANAGED_LOGIN,
	})
	u.Client = u.Pool.AddClient(jsii.String("Page"), &awscognito.UserPoolClientOptions{
		GenerateSecret:             jsii.Bool(false), // a page cannot keep one
		PreventUserExistenceErrors: jsii.Bool(true),
		EnableTokenRevocation:      jsii.Bool(true),
		AccessTokenValidity:        awscdk.Duration_Hours(jsii.Number(1)),
		IdTokenValidity:            awscdk.Duration_Hours(jsii.Number(1)),
		RefreshTokenValidity:       awscdk.Duration_Days(jsii.Number(30)),
		SupportedIdentityProviders: &[]awscognito.UserPoolClientIdentityProvider{awscognito.UserPoolClientIdentityProvider_COGNITO()},
		OAuth: &awscognito.OAuthSettings{
			Flows:  &awscognito.OAuthFlows{AuthorizationCodeGrant: jsii.Bool(true)},
			Scopes: &[]awscognito.OAuthScope{awscognito.OAuthScope_OPENID(), awscognito.OAuthScope_PROFILE(), awscognito.OAuthScope_EMAIL()},
		},
	})
	u.setReturnURL(localPage)
	// Managed login shows no page for a client without branding. This is Cognito's default.
	awscognito.NewCfnManagedLoginBranding(scope, jsii.String("LoginPage"), &awscognito.CfnManagedLoginBrandingProps{
		UserPoolId:               u.Pool.UserPoolId(),
		ClientId:                 u.Client.UserPoolClientId(),
		UseCognitoProvidedValues: jsii.Bool(true),
	})
	return u
}

// uniqueName returns a name that nothing in another stack, account or region has: from the
// stack's UUID and the scope's place in the stack.
func uniqueName(scope constructs.Construct) string {
	stackUUID := awscdk.Fn_Select(jsii.Number(2), awscdk.Fn_Split(jsii.String("/"), awscdk.Aws_STACK_ID(), nil))
	group := awscdk.Fn_Select(jsii.Number(0), awscdk.Fn_Split(jsii.String("-"), stackUUID, nil))
	return "confab-" + *group + (*scope.Node().Addr())[:8]
}

// localPage is where people return to without a deployed page: the page in development.
const localPage = "http://localhost:3000/"

// setReturnURL sets the only address to which people return after signing in and out.
func (u *Users) setReturnURL(address string) {
	client := u.Client.Node().DefaultChild().(awscognito.CfnUserPoolClient)
	client.SetCallbackUrLs(jsii.Strings(address))
	client.SetLogoutUrLs(jsii.Strings(address))
}

// origins returns the origins that the page needs for signing in: the issuer's, for
// discovery, and managed login's, for tokens.
func (u *Users) origins() []string {
	issuer := fmt.Sprintf("https://cognito-idp.%s.%s", *awscdk.Aws_REGION(), *awscdk.Aws_URL_SUFFIX())
	return []string{issuer, *u.domain.BaseUrl(nil)}
}
