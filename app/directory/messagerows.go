package directory

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// MessageRow is a mail in the outbox with whom and what it is about. Of a user or key that is gone, only the ID is known.
type MessageRow struct {
	Message Message
	User    User
	Key     SecurityKey // without an ID where the mail is about no key
}

// MessageListing is a page of the outbox.
type MessageListing struct {
	Rows []MessageRow
	Next string
}

// MessageRows is a page of the outbox as it is shown.
func (d *Directory) MessageRows(ctx context.Context, q MessageQuery) (MessageListing, error) {
	var list MessageListing
	err := d.Store.View(ctx, func(tx Tx) error {
		page, err := tx.Messages(q)
		if err != nil {
			return err
		}
		list = MessageListing{Rows: make([]MessageRow, len(page.Messages)), Next: page.Next}
		for i, m := range page.Messages {
			if list.Rows[i], err = messageRow(tx, m); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return MessageListing{}, fmt.Errorf("list the outbox: %w", err)
	}
	return list, nil
}

// MessageRow is one mail of the outbox as it is shown. It fails with ErrNotFound.
func (d *Directory) MessageRow(ctx context.Context, id string) (MessageRow, error) {
	var row MessageRow
	err := d.Store.View(ctx, func(tx Tx) error {
		m, err := tx.Message(id)
		if err != nil {
			return err
		}
		row, err = messageRow(tx, m)
		return err
	})
	if err != nil {
		return MessageRow{}, fmt.Errorf("look at a mail of the outbox: %w", err)
	}
	return row, nil
}

func messageRow(tx Tx, m Message) (MessageRow, error) {
	row := MessageRow{Message: m, User: User{ID: m.UserID}, Key: SecurityKey{ID: m.KeyID}}
	if u, err := tx.User(m.UserID); err == nil {
		row.User = u
	} else if !errors.Is(err, ErrNotFound) {
		return row, err
	}
	if m.KeyID == "" {
		return row, nil
	}
	k, err := tx.Key(m.KeyID)
	if err == nil {
		row.Key = k
	} else if !errors.Is(err, ErrNotFound) {
		return row, err
	}
	return row, nil
}

// MailFigures count the outbox.
type MailFigures struct {
	States map[MessageState]int
	// WaitingLong are queued since before the time asked for, counted up to MostWaiting.
	WaitingLong int
}

// MostWaiting is how far mails that wait for long are counted.
const MostWaiting = 1000

// MailFigures counts the outbox, and what in it has been queued since before a time.
func (d *Directory) MailFigures(ctx context.Context, before time.Time) (MailFigures, error) {
	var figures MailFigures
	err := d.Store.View(ctx, func(tx Tx) error {
		figures = MailFigures{}
		counts, err := tx.MessageCounts()
		if err != nil {
			return err
		}
		figures.States = counts
		if counts[Queued] == 0 {
			return nil
		}
		long, err := tx.Messages(MessageQuery{State: Queued, MadeBefore: before, Limit: MostWaiting})
		figures.WaitingLong = len(long.Messages)
		return err
	})
	if err != nil {
		return MailFigures{}, fmt.Errorf("count the outbox: %w", err)
	}
	return figures, nil
}
