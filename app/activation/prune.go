package activation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tapstation/app/directory"
)

const (
	// kept is how long tickets are kept after their time has run out, and messages after they were done: so long a
	// used link says that it was used, and a key's row what became of its mail.
	kept = 90 * 24 * time.Hour
	// pruned is how many records one transaction deletes.
	pruned = 200
)

// Prune forgets tickets whose time ran out long ago, and messages that were done long ago, in short transactions. Whoever
// sends mail calls it from time to time.
func (t *Tickets) Prune(ctx context.Context) error {
	if there, err := t.Directory.Exists(ctx); err != nil || !there {
		return err
	}
	before := t.now().Add(-kept)
	if err := t.pruneTickets(ctx, before); err != nil {
		return fmt.Errorf("forget old tickets: %w", err)
	}
	for _, state := range []directory.MessageState{directory.Sent, directory.Unconfirmed, directory.Failed, directory.Dropped} {
		if err := t.pruneMessages(ctx, state, before); err != nil {
			return fmt.Errorf("forget old messages: %w", err)
		}
	}
	return nil
}

func (t *Tickets) pruneTickets(ctx context.Context, before time.Time) error {
	q := directory.TicketQuery{ExpiresBefore: before, Limit: pruned}
	for {
		old, err := t.oldTickets(ctx, q)
		if err != nil || len(old) == 0 {
			return err
		}
		err = t.Directory.Store.Update(ctx, func(tx directory.Tx) error {
			old, err := tx.Tickets(q) // as it is now
			if err != nil {
				return err
			}
			for _, ticket := range old {
				if err := tx.DeleteTicket(ticket.ID); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

// oldTickets looks first: nearly always there is nothing to do, and nobody has to be kept waiting for that.
func (t *Tickets) oldTickets(ctx context.Context, q directory.TicketQuery) (old []directory.Ticket, err error) {
	err = t.Directory.Store.View(ctx, func(tx directory.Tx) (err error) {
		old, err = tx.Tickets(q)
		return err
	})
	return old, err
}

func (t *Tickets) pruneMessages(ctx context.Context, state directory.MessageState, before time.Time) error {
	isOld := func(m directory.Message) bool {
		return m.State == state && m.Done.Before(before) && m.Created.Before(before)
	}
	q := directory.MessageQuery{State: state, Limit: pruned}
	for {
		var page directory.MessagePage
		var old []string
		err := t.Directory.Store.View(ctx, func(tx directory.Tx) (err error) {
			page, err = tx.Messages(q)
			old = nil
			for _, m := range page.Messages {
				if isOld(m) {
					old = append(old, m.ID)
				}
			}
			return err
		})
		if err == nil && len(old) > 0 {
			err = t.Directory.Store.Update(ctx, func(tx directory.Tx) error {
				for _, id := range old {
					m, err := tx.Message(id)
					if errors.Is(err, directory.ErrNotFound) {
						continue // somebody else was quicker
					}
					if err == nil && isOld(m) { // nobody has it sent again meanwhile
						err = tx.DeleteMessage(id)
					}
					if err != nil {
						return err
					}
				}
				return nil
			})
		}
		if err != nil {
			return err
		}
		// They come in the order they were made.
		if n := len(page.Messages); page.Next == "" || n > 0 && !page.Messages[n-1].Created.Before(before) {
			return nil
		}
		q.After = page.Next
	}
}
