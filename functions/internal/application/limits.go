package application

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/confab-chat/confab/shared/boot"
	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/names"
)

// setLimits sets what a chat allows one person.
func setLimits(e boot.Environment, o *chat.Options) error {
	return errors.Join(
		readNumber(e, names.EnvMaxSockets, &o.MaxSockets),
		readNumber(e, names.EnvGuestSignIns, &o.GuestSignIns),
		readNumber(e, names.EnvDeliveriesBurst, &o.Budget.Burst),
		readNumber(e, names.EnvDeliveriesPerSecond, &o.Budget.PerSecond),
	)
}

// readNumber sets n from a variable. One that is not set leaves the default.
func readNumber(e boot.Environment, name string, n *int) error {
	text := e.Getenv(name)
	if text == "" {
		return nil
	}
	number, err := strconv.Atoi(text)
	if err != nil || number < 1 || number > 1_000_000 {
		return fmt.Errorf("environment variable %s=%q must be a number from 1 to 1000000", name, text)
	}
	*n = number
	return nil
}
