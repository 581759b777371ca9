// Package storetest tests implementations of [chat.Store]. Enter at [Run]. [Store] has
// shortcuts for an implementation's further tests of what only it can do.
package storetest

import (
	"errors"
	"reflect"
	"slices"
	"testing"

	"github.com/confab-chat/confab/shared/chat"
)

// Run tests that a store keeps the contract of chat.Store. Each test calls newStore once
// for a store that is empty.
func Run(t *testing.T, newStore func(t *testing.T) chat.Store) {
	for _, test := range slices.Concat(roomTests, memberTests, invitationTests, limitTests, changeTests, logTests, revisionTests, pinTests, reactionTests, searchTests, linkTests, markTests, threadTests, mentionTests, draftTests, presenceTests, budgetTests, signOutTests) {
		t.Run(test.name, func(t *testing.T) { test.run(t, With(t, newStore(t))) })
	}
}

// test is one of the suite.
type test struct {
	name string
	run  func(*testing.T, *Store)
}

// Equal fails the test unless the values are deeply equal.
func Equal[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

// ErrorIs fails the test unless got is want.
func ErrorIs(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got error %v, want %v", what, got, want)
	}
}
