package directory

import (
	"errors"
	"fmt"
	"time"
)

// Ticket is leave for one act, for whoever holds its link or its code. It is used once. What opens it is kept only as
// hashes; app/activation makes and checks them.
type Ticket struct {
	ID      string // 16 random bytes in hex
	Purpose Purpose
	UserID  string
	KeyID   string // empty: about no key
	Email   string // that ProveEmail is about
	State   TicketState

	Link   []byte // SHA-256 of the token in the link
	Handle []byte // keyed hash of the part of the code by which a ticket is found; no two tickets have the same
	Code   []byte // keyed hash of the code
	// Serial counts the codes this ticket has had.
	Serial int
	// WrongCodes counts codes with the right handle that were wrong otherwise, since the code was made.
	WrongCodes int

	Created     time.Time
	Expires     time.Time // of the link, and of everything
	CodeExpires time.Time
	Shown       time.Time // when the temporary PIN was shown, once; zero: not yet
	Closed      time.Time // redeemed or withdrawn
}

// Purpose is what a ticket gives leave for.
type Purpose string

// Purposes.
const (
	Activate   Purpose = "activation"  // to make the pending key KeyID active
	SetPIN     Purpose = "pin_setup"   // to choose the PIN of the card of KeyID, whose PIN is temporary
	ProveEmail Purpose = "email_proof" // to show that Email is one's own
)

// TicketState is where a ticket stands in its life. That time has run out is no state.
type TicketState string

// States of a ticket.
const (
	Open      TicketState = "open"
	Redeemed  TicketState = "redeemed"
	Withdrawn TicketState = "withdrawn"
)

// Why a ticket gives leave for nothing. They come wrapped in ErrTicket too.
var (
	ErrTicket          = errors.New("the link or code cannot be used")
	ErrTicketUsed      = fmt.Errorf("%w: it was used before", ErrTicket)
	ErrTicketWithdrawn = fmt.Errorf("%w: it was withdrawn", ErrTicket)
	ErrTicketExpired   = fmt.Errorf("%w: its time has run out", ErrTicket)
)

// OpenTicket is a ticket that can be used at now for its purpose: the key it is about waits for it, and its user may use
// keys. It fails with ErrNotFound, ErrTicketUsed, ErrTicketWithdrawn and ErrTicketExpired.
func OpenTicket(tx Tx, now time.Time, id string) (Ticket, User, SecurityKey, error) {
	var k SecurityKey
	t, err := tx.Ticket(id)
	if err != nil {
		return t, User{}, k, err
	}
	switch {
	case t.State == Redeemed:
		return t, User{}, k, ErrTicketUsed
	case t.State != Open:
		return t, User{}, k, ErrTicketWithdrawn
	case !now.Before(t.Expires):
		return t, User{}, k, ErrTicketExpired
	}
	u, err := tx.User(t.UserID)
	if errors.Is(err, ErrNotFound) || err == nil && u.Disabled {
		return t, u, k, ErrTicketWithdrawn
	}
	if err != nil || t.KeyID == "" {
		return t, u, k, err
	}
	k, err = tx.Key(t.KeyID)
	switch {
	case errors.Is(err, ErrNotFound):
		err = ErrTicketWithdrawn
	case err != nil:
	case Fold(k.UserID) != Fold(t.UserID):
		err = ErrTicketWithdrawn
	case t.Purpose == Activate && k.State == Active, t.Purpose == SetPIN && k.State == Active && !k.TemporaryPIN:
		err = ErrTicketUsed
	case t.Purpose == Activate && k.State != Pending, t.Purpose == SetPIN && k.State != Active:
		err = ErrTicketWithdrawn
	}
	return t, u, k, err
}

// RedeemTicket uses a ticket up, in the transaction that does what it gives leave for. It fails as OpenTicket does.
func RedeemTicket(tx Tx, now time.Time, id string) error {
	t, _, _, err := OpenTicket(tx, now, id)
	if err != nil {
		return err
	}
	return closeTicket(tx, now, t, Redeemed)
}

// CloseTickets withdraws the open tickets of a key, and those messages about them that have not left; of one purpose only,
// where one is given. It is part of the transaction that makes them pointless.
func CloseTickets(tx Tx, now time.Time, keyID string, purpose Purpose) error {
	return closeTickets(tx, now, TicketQuery{KeyID: keyID, Purpose: purpose})
}

// CloseUserTickets is CloseTickets for all tickets of a user, about keys or not.
func CloseUserTickets(tx Tx, now time.Time, userID string, purpose Purpose) error {
	return closeTickets(tx, now, TicketQuery{UserID: userID, Purpose: purpose})
}

// closeMisdirected withdraws the open tickets of a user that were mailed already, to an address that is theirs no more. What
// waits to be mailed goes to the new one.
func closeMisdirected(tx Tx, now time.Time, userID string) error {
	open, err := tx.Tickets(TicketQuery{UserID: userID, State: Open, Limit: 1000})
	if err != nil || len(open) == 0 {
		return err
	}
	waits := map[string]bool{} // ticket IDs
	q := MessageQuery{UserID: userID, State: Queued, Limit: 1000}
	for {
		page, err := tx.Messages(q)
		if err != nil {
			return err
		}
		for _, m := range page.Messages {
			waits[m.TicketID] = m.LeasedUntil.IsZero() || !now.Before(m.LeasedUntil)
		}
		if page.Next == "" {
			break
		}
		q.After = page.Next
	}
	for _, t := range open {
		if waits[t.ID] {
			continue
		}
		if err := closeTicket(tx, now, t, Withdrawn); err != nil {
			return err
		}
	}
	return nil
}

func closeTickets(tx Tx, now time.Time, q TicketQuery) error {
	q.State, q.Limit = Open, 1000
	for {
		open, err := tx.Tickets(q)
		if err != nil {
			return err
		}
		for _, t := range open {
			if err := closeTicket(tx, now, t, Withdrawn); err != nil {
				return err
			}
		}
		if len(open) < q.Limit {
			return nil
		}
	}
}

func closeTicket(tx Tx, now time.Time, t Ticket, state TicketState) error {
	t.State, t.Closed = state, now
	if err := tx.PutTicket(t); err != nil {
		return err
	}
	waiting, err := tx.Messages(MessageQuery{UserID: t.UserID, State: Queued, Limit: 1000})
	if err != nil {
		return err
	}
	for _, m := range waiting.Messages {
		if m.TicketID != t.ID || !m.LeasedUntil.IsZero() && now.Before(m.LeasedUntil) {
			continue // what is just being sent finds out by itself
		}
		m.State, m.Done = Dropped, now
		if err := tx.PutMessage(m); err != nil {
			return err
		}
	}
	return nil
}

// UserActor is the actor of what a user does with a ticket: the prefix and the User ID. It has no right by itself (Allow).
const UserActor = "user:"

// MayRedeem fails unless ticketID is an open ticket of this purpose for the user, and for the key where one is named.
func MayRedeem(tx Tx, now time.Time, ticketID string, purpose Purpose, userID, keyID string) error {
	t, u, _, err := OpenTicket(tx, now, ticketID)
	switch {
	case err != nil:
		return err
	case t.Purpose != purpose || Fold(u.ID) != Fold(userID) || keyID != "" && t.KeyID != keyID:
		return fmt.Errorf("%w: it is for something else", ErrTicket)
	}
	return nil
}

// TicketQuery is tickets in the order of their expiry; empty members match all. At least one of UserID, KeyID and
// ExpiresBefore is needed.
type TicketQuery struct {
	UserID, KeyID string
	Purpose       Purpose
	State         TicketState
	ExpiresBefore time.Time
	Limit         int // at most 1,000; 0: 100
}
