package command

import (
	"context"
	"errors"
	"fmt"

	"tapstation/device"
)

// limit is ctx for as long as the command may take.
func (c cardFlags) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	if c.Timeout == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, c.Timeout)
}

// check refuses flags that make no sense.
func (c cardFlags) check() error {
	if c.Timeout < 0 {
		return misuse("--timeout must not be negative")
	}
	return nil
}

// expired tells what was waited for where err is that time is up.
func (c cardFlags) expired(ctx context.Context, board *device.Board, err, last error) error {
	if !errors.Is(ctx.Err(), context.DeadlineExceeded) || !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if errors.Is(last, device.ErrServiceDown) && denied(ctx, board) {
		last = device.ErrDenied
	}
	return &timeoutError{after: c.Timeout, last: last}
}

// denied tells whether the service runs but does not let this account in: the state does not say so, using it does.
func denied(ctx context.Context, board *device.Board) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	card, err := board.Open(ctx, "")
	if err == nil {
		_ = card.Close() // nothing was done with it
	}
	return errors.Is(err, device.ErrDenied)
}

// missing is what keeps a card on the named reader from being tapped now; nil where only the tap is missing.
func missing(s device.State, reader string) error {
	_, named := s.Reader(reader)
	r, ok := s.Card(reader)
	switch {
	case !s.Service && s.Known:
		return device.ErrServiceDown
	case s.Service && (len(s.Readers) == 0 || reader != "" && !named):
		return device.ErrNoReader
	case ok && r.Card.Mute:
		return device.ErrMute
	case ok && r.Held:
		return device.ErrReaderHeld
	}
	return nil
}

// announce says what is waited for, once now and at every change, until ctx ends.
func (r *run) announce(ctx context.Context, board *device.Board, reader string) {
	shown := ""
	for {
		state, changed := board.State()
		if _, ok := state.Card(reader); state.Known {
			text := "Tap the card …"
			if err := missing(state, reader); err != nil {
				text = fmt.Sprintf("%s. Waiting …", sentence(err))
			} else if ok {
				text = "Card found. Hold it still."
			}
			if text != shown {
				r.say("%s", text)
				shown = text
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}
