package mail

import (
	"context"
	"errors"
	"time"

	"tapstation/app/activation"
	"tapstation/app/directory"
)

// turn keeps what happened and, where more is wanted, leases more, in one transaction.
func (d *delivery) turn(ctx context.Context, more bool) error {
	keeping := ctx
	if len(d.undone) > 0 { // it has happened, whoever ends now
		var cancel func()
		keeping, cancel = context.WithTimeout(context.WithoutCancel(ctx), keepTime)
		defer cancel()
	}
	more = more && ctx.Err() == nil
	now := d.o.now()
	var report Report
	var due []directory.Message
	var next time.Time
	err := d.o.Directory.Store.Update(keeping, func(tx directory.Tx) (err error) {
		report, due, next = Report{}, nil, time.Time{}
		for _, out := range d.undone {
			if err := keep(tx, now, d.sender, out, &report); err != nil {
				return err
			}
		}
		if more {
			due, next, err = d.lease(tx, now)
		}
		return err
	})
	if err != nil {
		return err
	}
	d.report.add(report)
	ids := make([]string, len(d.undone))
	for i, out := range d.undone {
		ids[i] = out.message.ID
	}
	d.undone = d.undone[:0]
	if more {
		d.empty, d.next = len(due) == 0, next
	}
	d.leased += len(due)
	for _, m := range due {
		d.jobs <- m // there is room for all that is ever leased
	}
	d.o.setStatus(func(s *Status) { s.Sent += report.Sent })
	return d.o.Handover.Forget(ids)
}

// lease takes messages that are due, as many as there is room for.
func (d *delivery) lease(tx directory.Tx, now time.Time) (due []directory.Message, next time.Time, err error) {
	if due, next, err = tx.DueMessages(now, ahead-d.leased); err != nil {
		return nil, next, err
	}
	for i := range due {
		if err := d.o.freshen(tx, now, due[i]); err != nil {
			return nil, next, err
		}
		due[i].LeasedBy, due[i].LeasedUntil = d.sender, now.Add(lease)
		if err := tx.PutMessage(due[i]); err != nil {
			return nil, next, err
		}
	}
	return due, next, nil
}

// keep keeps what became of one message.
func keep(tx directory.Tx, now time.Time, sender string, out outcome, report *Report) error {
	m, err := tx.Message(out.message.ID)
	if errors.Is(err, directory.ErrNotFound) {
		return nil // its user was deleted, or the directory replaced by a backup
	}
	if err != nil {
		return err
	}
	ours := m.State == directory.Queued && m.LeasedBy == sender
	if !ours && out.fate != sent {
		return nil // somebody else's by now
	}
	m.LeasedBy, m.LeasedUntil = "", time.Time{}
	if out.message.To != "" {
		m.To = out.message.To
	}
	if out.answer != "" {
		m.Answer = out.answer
	}
	switch out.fate {
	case given:
	case postponed:
		m.Due = now.Add(delay(1))
	case later:
		m.Attempts++
		m.Tried = now
		m.Due = now.Add(delay(m.Attempts))
		if report.Later++; m.Attempts >= mostAttempts {
			report.Later--
			report.Failed++
			m.State, m.Done = directory.Failed, now
		}
	case sent:
		report.Sent++
		m.Attempts++
		m.State, m.Tried, m.Done = directory.Sent, now, now
	case failed:
		report.Failed++
		m.Attempts++
		m.State, m.Tried, m.Done = directory.Failed, now, now
	case dropped:
		report.Dropped++
		m.State, m.Done = directory.Dropped, now
	case uncertain:
		report.Unconfirmed++
		m.Attempts++
		m.State, m.Tried, m.Done = directory.Unconfirmed, now, now
	}
	return tx.PutMessage(m)
}

// stale is how long a message waits before its code is looked at.
const stale = time.Hour

// freshen sees to it that the code in a message that waited for long can still be used. Where nothing opens what it is
// about any more, that is found when it is looked up.
func (o *Outbox) freshen(tx directory.Tx, now time.Time, m directory.Message) error {
	if m.TicketID == "" || now.Sub(m.Created) < stale {
		return nil
	}
	err := o.Tickets.Freshen(tx, m.TicketID)
	for _, found := range []error{directory.ErrTicket, directory.ErrNotFound, activation.ErrLinkLost, activation.ErrTicketKey} {
		if errors.Is(err, found) {
			return nil
		}
	}
	return err
}
