package main

import (
	"net/netip"

	"github.com/confab-chat/confab/shared/linkpreview"
	"github.com/confab-chat/confab/shared/realtime/mode"
)

// previews says what link previews reach.
type previews string

const (
	noPreviews     previews = "off"
	publicPreviews previews = "public"
	// localPreviews reach this machine too, on every port.
	localPreviews previews = "local"
)

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *previews) UnmarshalText(text []byte) error {
	return mode.Parse(p, text, noPreviews, publicPreviews, localPreviews)
}

// MarshalText implements encoding.TextMarshaler.
func (p previews) MarshalText() ([]byte, error) { return []byte(p), nil }

// options returns those of the function, or nil if previews are off.
func (p previews) options() *linkpreview.Options {
	switch p {
	case publicPreviews:
		return &linkpreview.Options{}
	case localPreviews:
		return &linkpreview.Options{
			Ports:  []string{"*"},
			Permit: func(to netip.AddrPort) bool { return to.Addr().IsLoopback() || linkpreview.Public(to) },
		}
	}
	return nil
}
