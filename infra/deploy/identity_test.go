package deploy

import (
	"testing"
)

func TestThePageSignsInByAuthorizationCodeAtAUserPoolOfInvitedPeople(t *testing.T) {
	m := synth(t)
	pool := m.one(t, "AWS::Cognito::UserPool").Properties
	want(t, "only administrators invite", at(pool["AdminCreateUserConfig"], "AllowAdminCreateUserOnly"), any(true))
	want(t, "protected", pool["DeletionProtection"], any("ACTIVE"))
	client := m.one(t, "AWS::Cognito::UserPoolClient").Properties
	want(t, "the client", map[string]string{
		"flows":    flat(client["AllowedOAuthFlows"]),
		"scopes":   flat(client["AllowedOAuthScopes"]),
		"secret":   flat(client["GenerateSecret"]),
		"existing": flat(client["PreventUserExistenceErrors"]),
		"revoking": flat(client["EnableTokenRevocation"]),
	}, map[string]string{
		"flows": `["code"]`, "scopes": `["openid","profile","email"]`, "secret": "false", "existing": "ENABLED", "revoking": "true",
	})
	for _, list := range []string{"CallbackURLs", "LogoutURLs"} {
		back := client[list].([]any)
		want(t, list, len(back), 1)
		want(t, list, m.named(flat(back[0])), "https://${Distribution.DomainName}/")
	}
	want(t, "managed login", m.one(t, "AWS::Cognito::UserPoolDomain").Properties["ManagedLoginVersion"], any(2.0))
	want(t, "its branding", m.named(flat(m.one(t, "AWS::Cognito::ManagedLoginBranding").Properties["ClientId"])), "${UserPoolClient}")
	authorizer := m.one(t, "AWS::ApiGatewayV2::Authorizer").Properties
	want(t, "the authorizer", m.named(flat(at(authorizer["JwtConfiguration"], "Issuer"))), "${Users.ProviderURL}")
	want(t, "its audience", m.named(flat(at(authorizer["JwtConfiguration"], "Audience").([]any)[0])), "${UserPoolClient}")
}

func TestSelfSignUpIsASwitch(t *testing.T) {
	pool := synth(t, "selfSignUp=true").one(t, "AWS::Cognito::UserPool").Properties
	want(t, "only administrators invite", at(pool["AdminCreateUserConfig"], "AllowAdminCreateUserOnly"), any(false))
}

func TestAnIssuerOfOnesOwnTakesThePlaceOfTheUserPool(t *testing.T) {
	m := synth(t, "issuer=https://id.example.com/tenant", "clientId=page", "connectSources=https://token.example.com")
	want(t, "user pools", len(m.of("AWS::Cognito::UserPool")), 0)
	want(t, "the authorizer", flat(m.one(t, "AWS::ApiGatewayV2::Authorizer").Properties["JwtConfiguration"]),
		`{"Audience":["page"],"Issuer":"https://id.example.com/tenant"}`)
	for name, f := range m.functions() {
		got := [2]string{}
		for i, variable := range []string{"CONFAB_OIDC_ISSUER", "CONFAB_OIDC_AUDIENCE"} {
			got[i] = flat(at(f.Properties["Environment"], "Variables", variable))
		}
		expected := [2]string{"https://id.example.com/tenant", "page"}
		if name != "message" && name != "api" { // which let people in
			expected = [2]string{}
		}
		want(t, name, got, expected)
	}
}

func TestTheFunctionsAloneVerifyWhenAPIGatewayCannot(t *testing.T) {
	m := synth(t, "issuer=https://id.example.com", "clientId=page", "jwtAuthorizer=false")
	want(t, "authorizers", len(m.of("AWS::ApiGatewayV2::Authorizer")), 0)
	want(t, "the function's issuer", flat(at(m.functions()["api"].Properties["Environment"], "Variables", "CONFAB_OIDC_ISSUER")), "https://id.example.com")
}

// What CloudFormation resolved once it does not resolve again, unless what refers to it
// changes.
func TestAnotherGuestKeyIsAnotherSecretForTheFunctionsThatLetGuestsIn(t *testing.T) {
	keysOf := func(parameters ...string) map[string]string {
		m, found := synth(t, parameters...), map[string]string{}
		for name, f := range m.functions() {
			if key := flat(at(f.Properties["Environment"], "Variables", "CONFAB_GUEST_SECRET")); key != "" {
				found[name] = key
			}
		}
		return found
	}
	before, after := keysOf("guests=true"), keysOf("guests=true", "guestKey=2")
	want(t, "who has it", keys(before), []string{"api", "message"})
	for name := range before {
		if before[name] == after[name] {
			t.Errorf("%s keeps %s", name, before[name])
		}
	}
	want(t, "keys", len(synth(t, "guests=true", "guestKey=2").of("AWS::SecretsManager::Secret")), 1)
}
