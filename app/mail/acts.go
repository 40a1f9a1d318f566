package mail

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tapstation/app/audit"
	"tapstation/app/directory"
)

// List is a page of the outbox.
func (o *Outbox) List(ctx context.Context, by string, q directory.MessageQuery) (directory.MessagePage, error) {
	var page directory.MessagePage
	err := o.Directory.Store.View(ctx, func(tx directory.Tx) error {
		if err := directory.Allow(tx, by, directory.SeeDirectory); err != nil {
			return err
		}
		var err error
		page, err = tx.Messages(q)
		return err
	})
	return page, err
}

// Message is a message of the outbox. It fails with directory.ErrNotFound.
func (o *Outbox) Message(ctx context.Context, by, id string) (directory.Message, error) {
	var m directory.Message
	err := o.Directory.Store.View(ctx, func(tx directory.Tx) error {
		if err := directory.Allow(tx, by, directory.SeeDirectory); err != nil {
			return err
		}
		var err error
		m, err = tx.Message(id)
		return err
	})
	return m, err
}

// Counts are how many messages stand in each state.
func (o *Outbox) Counts(ctx context.Context) (map[directory.MessageState]int, error) {
	var counts map[directory.MessageState]int
	err := o.Directory.Store.View(ctx, func(tx directory.Tx) (err error) {
		counts, err = tx.MessageCounts()
		return err
	})
	return counts, err
}

// Retry has a message sent again, or now: one that waits, failed, was withdrawn, or was handed over without an answer. Its
// attempts begin anew, and a pause of the outbox ends. It fails with ErrLeaving, with ErrGone where it was sent, and with
// directory.ErrTicket where what it is about is over.
func (o *Outbox) Retry(ctx context.Context, by, id string) (directory.Message, error) {
	m, err := o.act(ctx, by, id, audit.MailRetried, func(tx directory.Tx, m *directory.Message, now time.Time) error {
		if m.State == directory.Sent {
			return ErrGone
		}
		if m.TicketID != "" {
			_, _, _, err := directory.OpenTicket(tx, now, m.TicketID)
			if errors.Is(err, directory.ErrNotFound) {
				err = directory.ErrTicketExpired // it was cleared away
			}
			if err != nil {
				return err
			}
		}
		m.State, m.Attempts, m.Due, m.Done = directory.Queued, 0, now, time.Time{}
		return nil
	})
	if err == nil {
		o.Wake()
	}
	return m, err
}

// Withdraw keeps a message that waits from being sent. What it opens stays open. It fails with ErrLeaving and ErrGone.
func (o *Outbox) Withdraw(ctx context.Context, by, id string) (directory.Message, error) {
	return o.act(ctx, by, id, audit.MailWithdrawn, func(_ directory.Tx, m *directory.Message, now time.Time) error {
		if m.State != directory.Queued {
			return ErrGone
		}
		m.State, m.Done = directory.Dropped, now
		return nil
	})
}

// act changes a message that nobody is sending, on record. It takes the right to do it to its user.
func (o *Outbox) act(ctx context.Context, by, id string, act audit.Act, change func(directory.Tx, *directory.Message, time.Time) error) (directory.Message, error) {
	var m directory.Message
	now := o.now()
	err := o.Directory.Store.Update(ctx, func(tx directory.Tx) error {
		if err := directory.Allow(tx, by, directory.EnrollKeys); err != nil { // before anything is told of what there is
			return err
		}
		var err error
		if m, err = tx.Message(id); err != nil {
			return err
		}
		if err := directory.AllowOn(tx, by, directory.EnrollKeys, m.UserID); err != nil {
			return err
		}
		if m.State == directory.Queued && now.Before(m.LeasedUntil) {
			return ErrLeaving
		}
		m.LeasedBy, m.LeasedUntil = "", time.Time{}
		if err := change(tx, &m, now); err != nil {
			return err
		}
		if err := tx.PutMessage(m); err != nil {
			return err
		}
		return tx.AppendAudit(audit.Entry{Time: now, Actor: by, Act: act, User: m.UserID, Key: m.KeyID,
			Detail: map[string]string{"kind": string(m.Kind)}})
	})
	if err != nil {
		return m, fmt.Errorf("mail %.64q: %w", id, err)
	}
	return m, nil
}
