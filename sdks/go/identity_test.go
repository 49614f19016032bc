package net_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	net "github.com/net-mesh/go"
)

const tokenChannel = "sensors/temp"

func identity(t testing.TB, seed byte) *net.Identity {
	t.Helper()
	made := check[*net.Identity](t)(net.IdentityFromSeed(bytes.Repeat([]byte{seed}, 32)))
	t.Cleanup(func() { made.Close() })
	return made
}

func grant(subject *net.Identity, scope net.TokenScope) net.IssueTokenOptions {
	return net.IssueTokenOptions{
		Subject:         subject.EntityID(),
		Scope:           scope,
		Channel:         tokenChannel,
		TTL:             5 * time.Minute,
		DelegationDepth: 1,
	}
}

func TestSeedKeepsItsIds(t *testing.T) {
	made := identity(t, 0x42)
	if made.NodeID() != 13984162817992751213 || made.OriginHash() != 13934920157995351524 {
		t.Error(made.NodeID(), made.OriginHash())
	}
	seed := check[[]byte](t)(made.ToSeed())
	if !bytes.Equal(seed, bytes.Repeat([]byte{0x42}, 32)) {
		t.Error("another seed")
	}
	_, err := net.IdentityFromSeed(seed[1:])
	var refused *net.IdentityError
	if !errors.As(err, &refused) || !errors.Is(err, net.ErrIdentityInvalidSeed) {
		t.Error(err)
	}
}

func TestTokensAreVerifiedAndKept(t *testing.T) {
	issuer, subject := identity(t, 1), identity(t, 2)
	token := check[*net.Token](t)(issuer.IssueToken(grant(subject, net.TokenScopeSubscribe)))
	encoded := token.Bytes()
	if uint32(len(encoded)) != net.TokenSize || !check[bool](t)(net.VerifyToken(encoded)) {
		t.Error(encoded)
	}
	if token.NotAfter().Sub(token.NotBefore()) != 5*time.Minute {
		t.Error(token.NotBefore(), token.NotAfter())
	}
	if err := subject.InstallToken(token); err != nil {
		t.Fatal(err)
	}
	found, ok, err := subject.LookupToken(subject.EntityID(), tokenChannel)
	if err != nil || !ok || !bytes.Equal(found.Bytes(), encoded) {
		t.Error(found, ok, err)
	}
	if _, ok, err = subject.LookupToken(subject.EntityID(), "sensors"); ok || err != nil {
		t.Error(ok, err)
	}
	if _, err := net.TokenParse(encoded[:161]); !errors.Is(err, net.ErrTokenInvalidFormat) {
		t.Error(err)
	}
}

func TestChainIsAuthorizedByItsRoot(t *testing.T) {
	root, middle, leaf := identity(t, 1), identity(t, 2), identity(t, 3)
	scope := net.TokenScopeSubscribe | net.TokenScopeDelegate
	first := check[*net.Token](t)(root.IssueToken(grant(middle, scope)))
	delegate := func(signer *net.Identity) (*net.Token, error) {
		return net.DelegateToken(signer, first, leaf.EntityID(), net.TokenScopeSubscribe, nil)
	}
	last := check[*net.Token](t)(delegate(middle))
	options := net.AuthorizeOptions{
		TrustedIssuers: [][]byte{root.EntityID()},
		Subject:        leaf.EntityID(),
		Scope:          net.TokenScopeSubscribe,
		Channel:        tokenChannel,
	}
	if err := net.Authorize([]*net.Token{first, last}, options); err != nil {
		t.Error(err)
	}
	own := check[*net.Token](t)(leaf.IssueToken(grant(leaf, scope)))
	err := net.Authorize([]*net.Token{own}, options)
	var refused *net.TokenError
	if !errors.As(err, &refused) || refused.Link == nil || *refused.Link != 0 {
		t.Error(err)
	}
	if _, err := delegate(leaf); !errors.Is(err, net.ErrTokenNotAuthorized) {
		t.Error(err)
	}
}

func TestDedup(t *testing.T) {
	dedup := check[*net.RedisStreamDedup](t)(net.NewRedisStreamDedup(2))
	defer dedup.Close()
	for at, want := range []bool{false, false, true, false, false} {
		id := []string{"a", "b", "a", "c", "b"}[at]
		if got := check[bool](t)(dedup.IsDuplicate(id)); got != want {
			t.Error(at, got)
		}
	}
	if dedup.Capacity() != 2 {
		t.Error(dedup.Capacity())
	}
}
