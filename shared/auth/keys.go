package auth

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

const (
	// issuerTimeout bounds one request to the issuer.
	issuerTimeout = 3 * time.Second
	// keysLifetime is how old keys may become before they are fetched again, so that a key
	// that the issuer has withdrawn is not accepted for as long as the process lives.
	keysLifetime = time.Hour
	// askEvery is the least time between two requests for the keys, so that forged tokens do
	// not become requests to the issuer, one each.
	askEvery = time.Second
	// maxKeySet bounds a key set, in bytes.
	maxKeySet = 1 << 20
)

// keys are an issuer's keys, found by discovery. go-oidc's RemoteKeySet does not fit: it
// keeps keys for ever, asks the issuer once for each forged token, and its errors do not
// tell a wrong signature from an issuer that is down.
type keys struct {
	issuer string
	client *http.Client
	now    func() time.Time

	mu sync.Mutex
	// url is where the keys are; empty until it is discovered.
	url    string
	set    *oidc.StaticKeySet
	loaded time.Time
	// asked is when the issuer was last asked, and err is how that failed.
	asked time.Time
	err   error
}

// attempt is the key set for one token. It remembers an error of fetching the keys, because
// IDTokenVerifier does not wrap it.
type attempt struct {
	keys     *keys
	fetchErr error
}

// VerifySignature implements oidc.KeySet. A token that no key fits may be signed with a
// new one (OpenID Connect Core, section 10.1.1), so the keys are fetched again.
func (a *attempt) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	set, err := a.keys.current(ctx)
	if err != nil {
		a.fetchErr = err
		return nil, err
	}
	payload, err := set.VerifySignature(ctx, token)
	if err == nil {
		return payload, nil
	}
	fresh, fetchErr := a.keys.refreshed(ctx, set)
	if fetchErr != nil {
		a.fetchErr = fetchErr
		return nil, fetchErr
	}
	if fresh == set {
		return nil, err
	}
	return fresh.VerifySignature(ctx, token)
}

// current returns the keys and fetches them if there are none or they are old. While the
// issuer is down, old keys stay in use.
func (k *keys) current(ctx context.Context) (*oidc.StaticKeySet, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.set == nil || k.now().Sub(k.loaded) >= keysLifetime {
		k.ask(ctx)
	}
	if k.set == nil {
		return nil, k.err
	}
	return k.set, nil
}

// refreshed returns newer keys than stale, or stale itself if the issuer was asked within
// askEvery.
func (k *keys) refreshed(ctx context.Context, stale *oidc.StaticKeySet) (*oidc.StaticKeySet, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.set == stale {
		k.ask(ctx)
		if k.err != nil {
			return nil, k.err
		}
	}
	return k.set, nil
}

// ask fetches the keys, unless the issuer was asked within askEvery. It needs the lock.
func (k *keys) ask(ctx context.Context) {
	if !k.asked.IsZero() && k.now().Sub(k.asked) < askEvery {
		return
	}
	set, err := k.fetch(ctx)
	k.asked, k.err = k.now(), err
	if err == nil {
		k.set, k.loaded = set, k.asked
	}
}

// fetch asks the issuer where its keys are, unless that is known, and then for the keys.
func (k *keys) fetch(ctx context.Context) (*oidc.StaticKeySet, error) {
	if k.url == "" {
		provider, err := oidc.NewProvider(oidc.ClientContext(ctx, k.client), k.issuer)
		if err != nil {
			return nil, fmt.Errorf("discovery: %w", err)
		}
		var document struct {
			JWKS string `json:"jwks_uri"`
		}
		if err := provider.Claims(&document); err != nil || document.JWKS == "" {
			return nil, errors.Join(errors.New("discovery: jwks_uri is missing"), err)
		}
		k.url = document.JWKS
	}
	body, err := k.get(ctx, k.url)
	if err != nil {
		k.url = "" // it may have moved
		return nil, fmt.Errorf("keys: %w", err)
	}
	var document struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(body, &document); err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	set := &oidc.StaticKeySet{}
	for _, encoded := range document.Keys {
		if key := signingKey(encoded); key != nil {
			set.PublicKeys = append(set.PublicKeys, key)
		}
	}
	if len(set.PublicKeys) == 0 {
		return nil, errors.New("keys: none can verify a signature")
	}
	return set, nil
}

// signingKey returns a public key that can verify signatures, or nil: issuers have keys
// for other purposes too.
func signingKey(encoded []byte) crypto.PublicKey {
	var key jose.JSONWebKey
	if err := key.UnmarshalJSON(encoded); err != nil || key.Use == "enc" {
		return nil
	}
	switch public := key.Key.(type) {
	case *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey:
		return public
	}
	return nil
}

func (k *keys) get(ctx context.Context, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := k.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the issuer answered %s", response.Status)
	}
	return io.ReadAll(io.LimitReader(response.Body, maxKeySet))
}
