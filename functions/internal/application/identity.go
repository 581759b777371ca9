package application

import (
	"fmt"

	"github.com/confab-chat/confab/shared/auth"
	"github.com/confab-chat/confab/shared/boot"
	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/names"
)

// setIdentity sets who may sign in to a chat: guests, the users of an OpenID Connect issuer,
// or both. Neither is an error.
func setIdentity(e boot.Environment, o *chat.Options) error {
	issuers := auth.Issuers{}
	if secret := e.Getenv(names.EnvGuestSecret); secret != "" {
		guests, err := auth.NewGuests([]byte(secret))
		if err != nil {
			return fmt.Errorf("environment variable %s: %w", names.EnvGuestSecret, err)
		}
		issuers[auth.GuestIssuer], o.Guests = guests, guests
	}
	if issuer := e.Getenv(names.EnvOIDCIssuer); issuer != "" {
		audience, err := e.Required(names.EnvOIDCAudience)
		if err != nil {
			return err
		}
		users, err := auth.NewOIDC(auth.OIDCOptions{Issuer: issuer, Audience: audience})
		if err != nil {
			return fmt.Errorf("environment variable %s: %w", names.EnvOIDCIssuer, err)
		}
		issuers[issuer], o.Issuer = users, &chat.Issuer{URL: issuer, ClientID: audience}
	}
	if len(issuers) == 0 {
		return fmt.Errorf("no one can sign in: set the environment variable %s or %s", names.EnvOIDCIssuer, names.EnvGuestSecret)
	}
	o.Verifier = issuers
	return nil
}
