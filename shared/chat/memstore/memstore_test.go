package memstore_test

import (
	"testing"

	"github.com/confab-chat/confab/shared/chat"
	"github.com/confab-chat/confab/shared/chat/memstore"
	"github.com/confab-chat/confab/shared/chat/storetest"
)

func TestTheStoreKeepsItsContract(t *testing.T) {
	storetest.Run(t, func(*testing.T) chat.Store { return memstore.New() })
}
