package mail

import (
	"context"
	"errors"
	"time"

	"tapstation/app/directory"
	"tapstation/app/mail/letter"
)

const (
	// handful is how many messages a courier looks up at once.
	handful = 16
	// fresh is how old what a message says may be when it is sent: what it opens may have been withdrawn since.
	fresh = 2 * time.Second
)

// courier sends messages over a connection of its own.
type courier struct {
	*delivery
	ctx     context.Context
	cancel  func()
	session *session // nil: none
	lost    *Trouble // no connection can be had any more
}

// courier sends messages until there are none, or there is no connection to be had.
func (d *delivery) courier(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c := &courier{delivery: d, ctx: ctx, cancel: cancel}
	if !c.connected() {
		d.events <- event{lost: c.lost}
		return
	}
	d.events <- event{}
	for m := range d.jobs {
		c.carry(c.takeMore(m))
		if c.lost != nil {
			d.events <- event{lost: c.lost, had: true}
			return
		}
	}
	if c.session != nil {
		c.session.quit()
	}
}

// connected makes a connection where there is none, unless nothing is to be sent any more.
func (c *courier) connected() bool {
	if c.session != nil || c.lost != nil {
		return c.lost == nil
	}
	stay := context.AfterFunc(c.resting, c.cancel)
	defer stay()
	s, err := c.server.connect(c.ctx)
	if err != nil && !errors.As(err, &c.lost) {
		c.lost = troubled(Unreachable, err)
	}
	c.session = s
	return err == nil
}

// takeMore takes more messages where many wait, so that they are looked up together.
func (c *courier) takeMore(m directory.Message) []directory.Message {
	hand := append(make([]directory.Message, 0, handful), m)
	for range min(handful-1, len(c.jobs)/c.o.connections()) {
		select {
		case m, ok := <-c.jobs:
			if !ok {
				return hand
			}
			hand = append(hand, m)
		default:
			return hand
		}
	}
	return hand
}

// carry makes an attempt at each message of a handful.
func (c *courier) carry(hand []directory.Message) {
	for len(hand) > 0 {
		looked := time.Now()
		drafts, err := c.o.lookUp(c.ctx, hand)
		if err != nil {
			for _, m := range hand {
				out := outcome{message: m}
				if c.ctx.Err() == nil {
					out.trouble = troubled(StationFault, err)
				}
				c.outcomes <- out
			}
			return
		}
		for first := true; len(drafts) > 0 && (first || time.Since(looked) < c.o.freshness()); first = false {
			c.outcomes <- c.attempt(drafts[0])
			hand, drafts = hand[1:], drafts[1:]
		}
	}
}

// attempt sends one message. Where the server hung up after the message before, it is sent over a new connection.
func (c *courier) attempt(d draft) outcome {
	if d.over != given {
		return outcome{message: d.message, fate: d.over, answer: d.why}
	}
	if !c.goesOn() {
		return outcome{message: d.message}
	}
	c.composing <- struct{}{}
	content, err := letter.Compose(d.letter, d.words, c.signer)
	<-c.composing
	if err != nil {
		out := outcome{message: d.message, fate: later, answer: line(err.Error(), d.secrets...)}
		if errors.Is(err, letter.ErrAddress) {
			out.fate = failed
		}
		return out
	}
	for c.goesOn() && c.connected() {
		out := c.session.send(c.ctx, parcel{message: d.message, from: d.from, to: d.message.To, content: content, secrets: d.secrets}, c.o.Handover)
		if !out.broken {
			return out
		}
		c.session.close()
		c.session = nil
		if out.fate != given || out.trouble != nil {
			return out
		}
	}
	return outcome{message: d.message}
}

// goesOn tells whether another message is to be begun.
func (c *courier) goesOn() bool { return c.ctx.Err() == nil && c.resting.Err() == nil && c.lost == nil }
