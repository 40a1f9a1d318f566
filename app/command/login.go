package command

import (
	"context"
	"errors"
	"fmt"
	"io"

	"tapstation/app"
	"tapstation/app/enroll"
	"tapstation/app/login"
	"tapstation/device"
)

// loginDocument is what login --json prints.
type loginDocument struct {
	UserID       string       `json:"user_id"`
	KeyID        string       `json:"key_id"`
	KeyName      string       `json:"key_name"`
	Verification string       `json:"verification"`
	Offline      bool         `json:"offline"` // proven without the directory
	Reader       string       `json:"reader"`
	Card         cardDocument `json:"card"`
}

// Run proves who taps.
func (c *loginCommand) Run(r *run) error {
	if err := c.check(); err != nil {
		return err
	}
	by, err := actor()
	if err != nil {
		return err
	}
	// No tend here: a log-in must work where the directory is away, and must not make one.
	return r.station(func(ctx context.Context, s *app.Station) error {
		secrets, err := r.secrets(ctx, c.PINStdin)
		if err != nil {
			return err
		}
		var res login.Result
		err = r.waiting(ctx, c.cardFlags, s.Board, func(ctx context.Context) (err error) {
			res, err = s.Login.Prove(ctx, login.Request{
				UserID: c.UserID, Reader: c.Reader, Actor: by, Offline: c.Offline, PIN: r.loginPIN(secrets),
			})
			return err
		})
		if err != nil {
			return err
		}
		if res.Unkept != nil {
			r.warn(res.Unkept)
		}
		doc := loginDocument{
			UserID: res.UserID, KeyID: res.Key.KeyID, KeyName: res.Key.KeyName, Verification: string(res.Key.Verification),
			Offline: res.Offline, Reader: res.Reader, Card: newCardDocument(res.ATR, res.UID),
		}
		return r.print(doc, func(w io.Writer) {
			offline := ""
			if res.Offline {
				offline = " (Offline Login)"
			}
			_, _ = fmt.Fprintf(w, "%s is logged in with %q%s.\n", clean(doc.UserID), clean(doc.KeyName), offline)
		})
	})
}

// waiting runs do for as long as the flags allow, and says meanwhile what is waited for.
func (r *run) waiting(ctx context.Context, c cardFlags, board *device.Board, do func(context.Context) error) error {
	ctx, cancel := c.limit(ctx)
	said := make(chan struct{})
	go func() {
		defer close(said)
		r.announce(ctx, board, c.Reader)
	}()
	err := do(ctx)
	if err != nil {
		state, _ := board.State()
		last := missing(state, c.Reader)
		if _, there := state.Card(c.Reader); last == nil && there {
			last = errNotDone
		}
		err = c.expired(ctx, board, err, last)
	}
	cancel()
	<-said
	return err
}

// loginPIN asks for the PIN of a key; one from standard input is tried once.
func (r *run) loginPIN(s *secrets) func(context.Context, login.PINRequest) (device.PIN, error) {
	return func(ctx context.Context, req login.PINRequest) (device.PIN, error) {
		switch {
		case s.line != nil && req.Refused != nil:
			return "", fmt.Errorf("the PIN from standard input: %w", req.Refused)
		case s.line == nil && !s.terminal():
			return "", errNoPIN
		}
		if req.Refused != nil {
			r.say("%s.", sentence(inPlainWords(req.Refused)))
		}
		if req.Retries >= 0 && req.Retries <= login.LastAttempts {
			if !s.terminal() {
				return "", fmt.Errorf("%d left: %w", req.Retries, errLastAttempts)
			}
			yes, err := s.confirm(ctx, lastAttemptsWarning(req.Retries), "TRY")
			if err != nil || !yes {
				return "", errors.Join(enroll.ErrCancelled, err)
			}
		}
		if s.line != nil {
			return *s.line, nil
		}
		return s.cardPIN(ctx, req.Retries, fmt.Sprintf(" %q", clean(req.KeyName)))
	}
}
