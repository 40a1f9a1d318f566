package mail

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"time"

	"tapstation/app/activation"
	"tapstation/app/directory"
	"tapstation/app/mail/letter"
)

// Report is what became of messages.
type Report struct {
	Sent, Failed, Dropped, Unconfirmed int
	Later                              int // tried, and to be tried again
	// Waiting are those that stand in the outbox still.
	Waiting int
	// Next is when the first of those is due; zero: none of them will be by itself.
	Next time.Time
	// Trouble is why nothing more was sent.
	Trouble *Trouble
}

func (r *Report) add(other Report) {
	r.Sent += other.Sent
	r.Failed += other.Failed
	r.Dropped += other.Dropped
	r.Unconfirmed += other.Unconfirmed
	r.Later += other.Later
}

// delivery sends all that is due, once. Its coordinator alone uses the store for messages: it leases them, hands them to
// couriers, each of which has a connection, and keeps what became of them.
type delivery struct {
	o      *Outbox
	sender string
	server server
	work   directory.Workspace
	signer *letter.Signer // nil: messages are not signed

	// composing leaves a processor to others: signing is all that is slow here.
	composing chan struct{}

	jobs     chan directory.Message
	outcomes chan outcome
	events   chan event
	resting  context.Context // ends when nothing is to be sent any more
	rest     func()

	couriers  sync.WaitGroup
	running   int
	connected int // of those running
	most      int

	undone  []outcome // what happened and is not in the store yet
	oldest  time.Time // of undone
	leased  int       // messages that couriers have, or will get
	empty   bool      // nothing was due at the last look
	next    time.Time
	report  Report
	trouble *Trouble
}

// event is what a courier tells besides what becomes of messages.
type event struct {
	lost *Trouble // it has no connection, and cannot get one: it ends; nil: it has one now
	had  bool     // it had one before
}

// deliver runs a delivery until nothing more is due, something keeps all from leaving, or ctx ends. An error is one of
// the store or the journal; what happened before is in the report.
func (o *Outbox) deliver(ctx context.Context, sender string, w directory.Workspace, s server, sign *letter.Signer) (Report, error) {
	d := &delivery{o: o, sender: sender, server: s, work: w, signer: sign,
		jobs: make(chan directory.Message, ahead), outcomes: make(chan outcome, ahead), events: make(chan event, 2*o.connections()),
		most: o.connections(), composing: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)-1))}
	d.resting, d.rest = context.WithCancel(context.Background())
	err := d.run(ctx)
	d.report.Trouble, d.report.Next = d.trouble, d.next
	return d.report, err
}

func (d *delivery) run(ctx context.Context) error {
	// Couriers end when the coordinator says so too.
	working, stop := context.WithCancel(ctx)
	defer stop()
	err := d.coordinate(ctx, working, stop)
	// Everything that happened is kept. Who has a connection says goodbye, who tries to get one need not.
	d.rest()
	close(d.jobs)
	d.couriers.Wait()
	return err
}

func (d *delivery) coordinate(ctx, working context.Context, stop func()) error {
	tick := time.NewTimer(batchTime)
	defer tick.Stop()
	ended := ctx.Done()
	for {
		stopping := d.trouble != nil || ctx.Err() != nil
		if stopping {
			stop()
			d.takeBack()
		}
		idle := d.leased == 0
		switch {
		case d.full() || idle && (len(d.undone) > 0 || !d.empty && !stopping):
			if err := d.turn(ctx, !stopping); err != nil {
				stop()
				return d.giveIn(err)
			}
			continue
		case idle:
			return nil
		case !stopping:
			d.hire(working)
		}
		if len(d.undone) > 0 {
			tick.Reset(time.Until(d.oldest.Add(batchTime)))
		}
		select {
		case out := <-d.outcomes:
			d.happened(out)
		case e := <-d.events:
			d.hear(e)
		case <-tick.C:
		case <-ended:
			ended = nil
		}
	}
}

// full tells whether what happened is to be kept now.
func (d *delivery) full() bool {
	return len(d.undone) >= batchCount || len(d.undone) > 0 && !time.Now().Before(d.oldest.Add(batchTime))
}

// hire takes on a courier where there is work for one more. The first shows whether there is a way to the server.
func (d *delivery) hire(working context.Context) {
	if d.running == d.connected && d.running < d.most && (d.running == 0 || len(d.jobs) > 8*d.running) {
		d.running++
		d.couriers.Go(func() { d.courier(working) })
	}
}

// hear takes in what a courier tells of its connection. A server that takes no further one is no trouble while others
// serve, but is not asked again.
func (d *delivery) hear(e event) {
	if e.lost == nil {
		d.connected++
		return
	}
	d.running--
	if e.had {
		d.connected--
	}
	d.most = d.running
	if d.running == 0 && d.trouble == nil {
		d.trouble = e.lost
	}
}

// takeBack gives back what no courier has taken yet.
func (d *delivery) takeBack() {
	for {
		select {
		case m := <-d.jobs:
			d.happened(outcome{message: m})
		default:
			return
		}
	}
}

// happened takes in what became of a message.
func (d *delivery) happened(out outcome) {
	d.leased--
	if len(d.undone) == 0 {
		d.oldest = time.Now()
	}
	d.undone = append(d.undone, out)
	if out.trouble != nil && d.trouble == nil {
		d.trouble = out.trouble
	}
}

// turn keeps what happened and, where more is wanted, leases more, in one transaction.
func (d *delivery) turn(ctx context.Context, more bool) error {
	keeping := ctx
	if len(d.undone) > 0 { // it has happened, whoever ends now
		var cancel func()
		keeping, cancel = context.WithTimeout(context.WithoutCancel(ctx), keepTime)
		defer cancel()
	}
	now := d.o.now()
	var report Report
	var due []directory.Message
	var next time.Time
	err := d.o.Directory.Store.Update(keeping, func(tx directory.Tx) error {
		report, due, next = Report{}, nil, time.Time{}
		for _, out := range d.undone {
			if err := keep(tx, now, d.sender, out, &report); err != nil {
				return err
			}
		}
		if !more || ctx.Err() != nil {
			return nil
		}
		var err error
		if due, next, err = tx.DueMessages(now, ahead-d.leased); err != nil {
			return err
		}
		for i := range due {
			if err := d.o.freshen(tx, now, due[i]); err != nil {
				return err
			}
			due[i].LeasedBy, due[i].LeasedUntil = d.sender, now.Add(lease)
			if err := tx.PutMessage(due[i]); err != nil {
				return err
			}
		}
		return nil
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

// giveIn waits for what couriers have in hand when the store or the journal fails, and tries once more to keep what
// happened. What cannot be kept is in the journal still.
func (d *delivery) giveIn(err error) error {
	for d.takeBack(); d.leased > 0; {
		select {
		case out := <-d.outcomes:
			d.happened(out)
		case e := <-d.events:
			d.hear(e)
		}
	}
	if len(d.undone) == 0 {
		return err
	}
	return errors.Join(err, d.turn(context.Background(), false))
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
