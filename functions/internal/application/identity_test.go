package application

import (
	"strings"
	"testing"

	"github.com/confab-chat/confab/shared/auth"
	"github.com/confab-chat/confab/shared/boot"
	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/names"
)

func TestWhoMaySignInFollowsTheEnvironment(t *testing.T) {
	const issuer = "https://id.example.com"
	secret := strings.Repeat("s", 32)
	for what, c := range map[string]struct {
		environment  map[string]string
		guests, oidc bool
		problem      string
	}{
		"guests":                     {map[string]string{names.EnvGuestSecret: secret}, true, false, ""},
		"an issuer":                  {map[string]string{names.EnvOIDCIssuer: issuer, names.EnvOIDCAudience: "page"}, false, true, ""},
		"both":                       {map[string]string{names.EnvGuestSecret: secret, names.EnvOIDCIssuer: issuer, names.EnvOIDCAudience: "page"}, true, true, ""},
		"nobody":                     {nil, false, false, names.EnvOIDCIssuer + " or " + names.EnvGuestSecret},
		"an issuer without audience": {map[string]string{names.EnvOIDCIssuer: issuer}, false, false, names.EnvOIDCAudience},
		"an issuer without https":    {map[string]string{names.EnvOIDCIssuer: "http://id.example.com", names.EnvOIDCAudience: "page"}, false, false, names.EnvOIDCIssuer},
		"a short secret":             {map[string]string{names.EnvGuestSecret: "s"}, false, false, names.EnvGuestSecret},
	} {
		var o chat.Options
		err := setIdentity(boot.Environment{Getenv: func(name string) string { return c.environment[name] }}, &o)
		if c.problem != "" {
			if err == nil || !strings.Contains(err.Error(), c.problem) {
				t.Errorf("%s: %v", what, err)
			}
			continue
		}
		issuers, _ := o.Verifier.(auth.Issuers)
		if err != nil || (o.Guests != nil) != c.guests || (issuers[auth.GuestIssuer] != nil) != c.guests || (issuers[issuer] != nil) != c.oidc {
			t.Errorf("%s: %+v, %v", what, o, err)
		}
		if want := (chat.Issuer{URL: issuer, ClientID: "page"}); (o.Issuer != nil) != c.oidc || c.oidc && *o.Issuer != want {
			t.Errorf("%s: the page is told %+v", what, o.Issuer)
		}
	}
}
