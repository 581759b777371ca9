package chat

import (
	"context"
	"time"

	"github.com/confab-chat/confab/shared/auth"
	"github.com/confab-chat/confab/shared/realtime"
)

// Budget bounds what one person makes the chat do, over all their connections and by HTTP, in
// deliveries: see [realtime.Payer]. Whoever has used up Burst may go on with PerSecond.
type Budget struct{ Burst, PerSecond int }

var defaultBudget = Budget{Burst: 2000, PerSecond: 100}

// Spending is a number of deliveries that somebody causes now, or has Caused already.
//
// A store keeps for each person until when what they have caused takes, if it comes at the rate
// of their budget. That time is paid for. It lies at most as far ahead as the burst takes, or one
// spending further.
type Spending struct {
	Deliveries int
	Caused     bool
	Now        time.Time
	Budget     Budget
}

// Time returns how long the deliveries take.
func (s Spending) Time() time.Duration { return s.Budget.time(s.Deliveries) }

// Account is how a person's account stands after a spending.
type Account struct {
	// Until is from when on they may go on; zero if they have not caused too much.
	Until time.Time
	// SignedOut is until when they are signed out everywhere: see [SignOut.Until].
	SignedOut time.Time
}

// Limit returns the time that must not be paid for yet, or the person has caused too much.
func (s Spending) Limit() time.Time { return s.Now.Add(s.Budget.time(s.Budget.Burst)) }

// Until returns from when on the person may go on, if the time until paid is paid for: the zero
// time if they may now.
func (s Spending) Until(paid time.Time) time.Time {
	if paid.Before(s.Limit()) {
		return time.Time{}
	}
	return s.Now.Add(paid.Sub(s.Limit())).Add(time.Microsecond)
}

func (b Budget) time(deliveries int) time.Duration {
	return time.Duration(deliveries) * time.Second / time.Duration(b.PerSecond)
}

const (
	// memberWork is what each member costs with whom a room is created.
	memberWork = 4
	// changeWork is what it costs to become a member or to end that.
	changeWork = 15
	// reviseWork is what it costs to try again to change a message, because another change came
	// first.
	reviseWork = 5
	// rewriteWork is what it costs to write and send a KB of a message that stands already.
	rewriteWork = 2
	// watchWork is what it costs to watch one room more, and to stop.
	watchWork = 2
	// markWork is what it costs to mark one of several rooms.
	markWork = 2
	// readsPerDelivery is how many records cost as much as a delivery to read.
	readsPerDelivery = 5
	// requestDeliveries are what a request by HTTP costs by itself.
	requestDeliveries = 4
)

// spendReads counts n records that are read.
func spendReads(ctx context.Context, n int) error { return realtime.Spend(ctx, n/readsPerDelivery) }

// budgets keeps people within their budgets.
type budgets struct {
	*core
	budget Budget
}

var _ realtime.Payer = (*budgets)(nil)

// Pay implements realtime.Payer. Only sockets of the root namespace are the chat's: what other
// sockets have as data is their application's.
func (b *budgets) Pay(ctx context.Context, s *realtime.Socket, n int, caused bool) (time.Time, error) {
	var user User
	if s.Namespace().Name() != "/" || s.Data(&user) != nil || user.ID == "" {
		return time.Time{}, nil
	}
	account, err := b.spend(ctx, user.ID, n, caused)
	return account.Until, err
}

func (b *budgets) spend(ctx context.Context, userID string, n int, caused bool) (Account, error) {
	return b.store.Spend(ctx, userID, Spending{Deliveries: n, Caused: caused, Now: b.now(), Budget: b.budget})
}

// request pays for a request by HTTP and returns the context in which it runs. The error is the
// client's: of somebody who has caused too much, or has signed out everywhere.
func (b *budgets) request(ctx context.Context, id auth.Identity, o Operation) (context.Context, error) {
	pay := func(ctx context.Context, n int) error {
		account, err := b.spend(ctx, id.ID, n, o.Always)
		if err != nil { // nobody is refused anything because the account fails
			b.log.WarnContext(ctx, "a request is not paid for", "user", id.ID, "error", err)
			account.Until = time.Time{}
			account.SignedOut, err = b.store.SignedOut(ctx, id.ID)
		}
		switch {
		case err != nil:
			return err
		case isSignedOut(id.Since, account.SignedOut):
			return errSignedOut
		case account.Until.IsZero(), o.Always:
			return nil
		}
		return realtime.RateLimited(account.Until.Sub(b.now()))
	}
	if err := pay(ctx, requestDeliveries+o.Price.Work+o.Price.Deliveries); err != nil {
		return nil, err
	}
	return realtime.WithPayment(ctx, o.Price.Deliveries, pay), nil
}
