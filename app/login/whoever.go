package login

import (
	"context"
	"fmt"

	"tapstation/device"
)

// ProveWhoever is Prove for whoever taps: the card says whose it is, admit says whether they are wanted, and only then
// it has to prove it. req names no user. A card that is nobody's ends it with ErrUnknownCard, and one that is not
// admitted with admit's error; the cards laid on the reader up to the tap after (device.Presence.Tap) are left alone.
func (l *Login) ProveWhoever(ctx context.Context, req Request, after int, admit func(context.Context, Found) error) (Result, error) {
	t := tap{last: after}
	for {
		card, err := l.open(ctx, req.Reader, &t)
		if err != nil {
			return Result{}, fmt.Errorf("wait for a card: %w", err)
		}
		res, err := l.whoeverOn(ctx, card, req, admit)
		t.cost = t.cost.Add(card.Cost())
		_ = card.Close() // what the card said is known; only the handle is given back
		switch {
		case err == nil:
			res.Cost = t.cost
			return res, nil
		case !lost(err) || ctx.Err() != nil:
			return Result{}, err
		}
		t.problem = err
	}
}

func (l *Login) whoeverOn(ctx context.Context, card device.Card, req Request, admit func(context.Context, Found) error) (Result, error) {
	found, err := l.look(ctx, card, false)
	if err != nil {
		return Result{}, err
	}
	if err := admit(ctx, found); err != nil {
		return Result{}, err
	}
	req.UserID = found.User.ID
	return l.onCard(ctx, card, req)
}
