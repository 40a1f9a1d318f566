package mail

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"time"

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
	signer *letter.Signer // nil: messages are not signed

	// composing leaves a processor to others: signing is all that is slow here.
	composing chan struct{}

	jobs     chan directory.Message
	outcomes chan outcome
	events   chan event
	resting  context.Context // ends when nothing more is to be begun; what was begun is brought to its end
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
func (o *Outbox) deliver(ctx context.Context, sender string, s server, sign *letter.Signer) (Report, error) {
	d := &delivery{o: o, sender: sender, server: s, signer: sign,
		jobs: make(chan directory.Message, ahead), outcomes: make(chan outcome, ahead), events: make(chan event, 2*o.connections()),
		most: o.connections(), composing: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)-1))}
	d.resting, d.rest = context.WithCancel(context.Background())
	err := d.run(ctx)
	d.report.Trouble, d.report.Next = d.trouble, d.next
	return d.report, err
}

func (d *delivery) run(ctx context.Context) error {
	err := d.coordinate(ctx)
	// Everything that happened is kept. Who has a connection says goodbye, who tries to get one need not.
	d.rest()
	close(d.jobs)
	d.couriers.Wait()
	return err
}

func (d *delivery) coordinate(ctx context.Context) error {
	tick := time.NewTimer(batchTime)
	defer tick.Stop()
	ended := ctx.Done()
	for {
		stopping := d.trouble != nil || ctx.Err() != nil
		if stopping {
			d.rest()
			d.takeBack()
		}
		idle := d.leased == 0
		switch {
		case d.full() || idle && (len(d.undone) > 0 || !d.empty && !stopping):
			if err := d.turn(ctx, !stopping); err != nil {
				return d.giveIn(err)
			}
			continue
		case idle:
			return nil
		case !stopping:
			d.hire(ctx)
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
func (d *delivery) hire(ctx context.Context) {
	if d.running == d.connected && d.running < d.most && (d.running == 0 || len(d.jobs) > 8*d.running) {
		d.running++
		d.couriers.Go(func() { d.courier(ctx) })
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

// giveIn waits for what couriers have in hand when the store or the journal fails, and tries once more to keep what
// happened. What cannot be kept is in the journal still.
func (d *delivery) giveIn(err error) error {
	d.rest()
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
