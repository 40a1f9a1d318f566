package mail

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tapstation/app/directory"
)

// Run sends what is due until ctx ends: at once what this process queued and told of by Wake, within lookEvery what other
// processes did. While another process sends it waits for that to end. What is in the way is told by Status.
func (o *Outbox) Run(ctx context.Context) {
	defer o.setStatus(func(s *Status) { s.Doing, s.Trouble, s.Until, s.Holder = Resting, nil, time.Time{}, nil })
	for ctx.Err() == nil {
		release, err := o.claim()
		var held *directory.HeldError
		switch {
		case errors.As(err, &held):
			o.setStatus(func(s *Status) { s.Doing, s.Trouble, s.Until, s.Holder = Elsewhere, nil, time.Time{}, held })
			o.wait(ctx, lookEvery)
			continue
		case err != nil:
			o.pause(ctx, troubled(StationFault, err), o.settings(ctx))
			continue
		}
		o.serve(ctx)
		if err := release(); err != nil && ctx.Err() == nil {
			o.pause(ctx, troubled(StationFault, err), o.settings(ctx))
		}
	}
}

func (o *Outbox) claim() (func() error, error) {
	if o.Claim == nil {
		return func() error { return nil }, nil
	}
	return o.Claim()
}

// serve sends until ctx ends or something goes wrong with the store or the journal, which then begins anew.
func (o *Outbox) serve(ctx context.Context) {
	sender, err := o.takeUp(ctx)
	if err == nil {
		err = o.rounds(ctx, sender)
	}
	if closing := o.Handover.Close(); err == nil {
		err = closing
	}
	if err != nil && ctx.Err() == nil {
		o.pause(ctx, troubled(StationFault, err), o.settings(ctx))
	}
}

// rounds sends what is due, again and again.
func (o *Outbox) rounds(ctx context.Context, sender string) error {
	pruned := time.Time{}
	for ctx.Err() == nil {
		settings := o.settings(ctx)
		work, err := o.look(ctx)
		if err != nil {
			return err
		}
		switch {
		case !work.setUp:
			o.rest(NotSetUp)
			o.wait(ctx, lookEvery)
			continue
		case !work.due:
			o.rest(Waiting)
			if time.Since(pruned) > pruneEvery {
				pruned = time.Now()
				if err := o.Tickets.Prune(ctx); err != nil && ctx.Err() == nil {
					return fmt.Errorf("clear away what is long over: %w", err)
				}
			}
			o.wait(ctx, work.wait)
			continue
		}
		report, err := o.attempt(ctx, sender, work.workspace)
		if err != nil {
			return err
		}
		if report.Trouble != nil {
			o.pause(ctx, report.Trouble, settings)
		} else {
			o.pauses = 0
		}
	}
	return nil
}

// attempt sends all that is due.
func (o *Outbox) attempt(ctx context.Context, sender string, w directory.Workspace) (Report, error) {
	s, sign, err := o.prepare(ctx, w)
	var trouble *Trouble
	switch {
	case errors.As(err, &trouble):
		return Report{Trouble: trouble}, nil
	case err != nil:
		return Report{}, err
	}
	o.setStatus(func(s *Status) { s.Doing, s.Trouble, s.Until, s.Holder = Sending, nil, time.Time{}, nil })
	return o.deliver(ctx, sender, s, sign)
}

// pruneEvery is how often what is long over is cleared away.
const pruneEvery = 6 * time.Hour

// work is what a look at the store finds.
type work struct {
	workspace directory.Workspace
	setUp     bool
	due       bool
	wait      time.Duration // where nothing is due
}

func (o *Outbox) look(ctx context.Context) (work, error) {
	var found work
	now := o.now()
	err := o.Directory.Store.View(ctx, func(tx directory.Tx) error {
		found = work{wait: lookEvery}
		w, err := tx.Workspace()
		if err != nil {
			return err
		}
		found.workspace, found.setUp = w, w.CanMail()
		due, next, err := tx.DueMessages(now, 1)
		if err != nil {
			return err
		}
		found.due = len(due) > 0
		if !next.IsZero() {
			found.wait = min(found.wait, max(next.Sub(now), time.Millisecond))
		}
		return nil
	})
	return found, err
}

func (o *Outbox) rest(doing Doing) {
	o.setStatus(func(s *Status) { s.Doing, s.Trouble, s.Until, s.Holder = doing, nil, time.Time{}, nil })
}

// pause waits before all is tried again, each time longer until something has left. Wake ends it, and so does a change of
// the settings, in whatever process: somebody has mended what was wrong. Before is what they were when it went wrong.
func (o *Outbox) pause(ctx context.Context, t *Trouble, before string) {
	o.pauses++
	d := pauseAfter(o.pauses)
	o.setStatus(func(s *Status) { s.Doing, s.Trouble, s.Until, s.Holder = Paused, t, o.now().Add(d), nil })
	for end := time.Now().Add(d); ctx.Err() == nil; {
		rest := time.Until(end)
		if rest <= 0 || o.wait(ctx, min(rest, lookEvery)) {
			return
		}
		if now := o.settings(ctx); now != "" && now != before {
			return
		}
	}
}

// settings is all that the way of a mail depends on, so that a change is noticed; empty where it cannot be read.
func (o *Outbox) settings(ctx context.Context) string {
	var all string
	err := o.Directory.Store.View(ctx, func(tx directory.Tx) error {
		w, err := tx.Workspace()
		if err != nil {
			return err
		}
		all = fmt.Sprintf("%+v", w.Mail)
		for _, name := range []string{directory.SMTPPassword, directory.DKIMKey} {
			sealed, err := tx.Secret(name)
			if err != nil && !errors.Is(err, directory.ErrNotFound) {
				return err
			}
			all += fmt.Sprintf(" %x", sealed)
		}
		return nil
	})
	if err != nil {
		return ""
	}
	return all
}

// wait waits until the time is over, somebody wakes it, which it tells, or ctx ends.
func (o *Outbox) wait(ctx context.Context, d time.Duration) (woken bool) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-o.woken():
		return true
	case <-ctx.Done():
	}
	return false
}

// Deliver sends what is due, once, for a command. It fails with *directory.HeldError where another process sends, which
// will send it, and with ErrNotSetUp. What keeps mail from leaving is in the report.
func (o *Outbox) Deliver(ctx context.Context) (report Report, err error) {
	found, err := o.look(ctx)
	if err != nil {
		return Report{}, err
	}
	if !found.setUp {
		return Report{}, ErrNotSetUp
	}
	release, err := o.claim()
	if err != nil {
		return Report{}, err
	}
	defer func() { err = errors.Join(err, release()) }()
	sender, err := o.takeUp(ctx)
	if err == nil {
		report, err = o.attempt(ctx, sender, found.workspace)
		o.rest(Resting)
	}
	if err = errors.Join(err, o.Handover.Close()); err != nil {
		return report, err
	}
	counts, err := o.Counts(context.WithoutCancel(ctx))
	report.Waiting = counts[directory.Queued]
	return report, err
}
