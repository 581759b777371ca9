package realtimestore

import (
	"time"

	"github.com/confab-chat/confab/shared/realtime/store"
)

// handshake is the stored form of a store.Handshake, in JSON. It has no Auth, which holds
// tokens. Names are short, because every message pays for the size of its connection's item.
type handshake struct {
	Headers map[string]string `json:"h,omitempty"`
	Query   map[string]string `json:"q,omitempty"`
	Address string            `json:"a,omitempty"`
	URL     string            `json:"u,omitempty"`
	XDomain bool              `json:"x,omitempty"`
	Secure  bool              `json:"s,omitempty"`
	Issued  int64             `json:"i"` // ms
}

func newHandshake(h store.Handshake) handshake {
	return handshake{h.Headers, h.Query, h.Address, h.URL, h.XDomain, h.Secure, h.Issued.UnixMilli()}
}

func (h handshake) decode() store.Handshake {
	return store.Handshake{
		Headers: h.Headers, Query: h.Query, Address: h.Address, URL: h.URL,
		XDomain: h.XDomain, Secure: h.Secure, Issued: time.UnixMilli(h.Issued).UTC(),
	}
}
