package command

import (
	"context"
	"errors"
	"fmt"
	"io"

	"tapstation/app"
	"tapstation/app/directory"
	"tapstation/app/enroll"
	"tapstation/device"
)

type keysSettingsCommand struct {
	keyArgument
	Verification string `help:"pin or pinless. A key whose card may have no PIN gets one by keys change-pin." enum:"pin,pinless," default:"" placeholder:"KIND"`
	OfflineLogin *bool  `help:"Let the key log in where the directory cannot be reached." negatable:""`
}

type keysChangePINCommand struct {
	keyArgument
	cardFlags
	Verification string `help:"pin: a PINless key is verified by its PIN from now on." enum:"pin," default:"" placeholder:"KIND"`
	PINStdin     bool   `help:"Take PINs from standard input, a line each: the new one first, then the one the card has, where only its holder knows that." name:"pin-stdin"`
	Forgotten    bool   `help:"Nobody knows the PIN the card has: reset the card, which destroys all that is on it, and enroll it anew in place of the key. Asks on the terminal first."`
}

// Run changes settings of a key.
func (c *keysSettingsCommand) Run(r *run) error {
	if c.Verification == "" && c.OfflineLogin == nil {
		return misuse("say what is to be changed: --verification, --offline-login or --no-offline-login")
	}
	return r.changeKey(c.KeyID, "changed", func(ctx context.Context, d *directory.Directory, by string) (directory.SecurityKey, error) {
		k, err := d.Key(ctx, c.KeyID)
		if err != nil {
			return k, err
		}
		s := directory.KeySettings{Verification: k.Verification, OfflineLogin: k.OfflineLogin}
		if c.Verification != "" {
			s.Verification = directory.Verification(c.Verification)
		}
		if c.OfflineLogin != nil {
			s.OfflineLogin = *c.OfflineLogin
		}
		return d.ChangeKeySettings(ctx, by, k.ID, s)
	})
}

// changedPINDocument is what keys change-pin --json prints.
type changedPINDocument struct {
	keyDocument
	InPlaceOf string `json:"in_place_of"` // ID of the key before, where the card was enrolled anew; else empty
}

// Run changes the PIN of a key's card.
func (c *keysChangePINCommand) Run(r *run) error {
	if err := c.check(); err != nil {
		return err
	}
	return r.changePIN(c.cardFlags, func(ctx context.Context, _ *app.Station, by string) (enroll.PINChange, *pinChanger, error) {
		p, err := r.pinChanger(ctx, c.PINStdin, c.Forgotten)
		return enroll.PINChange{KeyID: c.KeyID, Actor: by, Verification: directory.Verification(c.Verification)}, p, err
	})
}

// changePIN changes the PIN of a card as request says, and prints its key.
func (r *run) changePIN(c cardFlags, request func(ctx context.Context, s *app.Station, by string) (enroll.PINChange, *pinChanger, error)) error {
	by, err := actor()
	if err != nil {
		return err
	}
	return r.station(func(ctx context.Context, s *app.Station) error {
		if err := r.tend(ctx, s); err != nil {
			return err
		}
		req, p, err := request(ctx, s, by)
		if err != nil {
			return err
		}
		req.Reader = c.Reader
		ctx, cancel := c.limit(ctx)
		defer cancel()
		k, err := s.Enroller.ChangePIN(ctx, req, p)
		if err != nil {
			return c.expired(ctx, s.Board, err, p.last)
		}
		doc := changedPINDocument{keyDocument: newKeyDocument(k)}
		if k.ID != req.KeyID {
			doc.InPlaceOf = req.KeyID
		}
		return r.print(doc, func(w io.Writer) {
			_, _ = fmt.Fprintf(w, "The PIN of %q of %s is changed.\n", clean(k.Name), clean(k.UserID))
			if doc.InPlaceOf != "" {
				_, _ = fmt.Fprintf(w, "The card was enrolled anew, as key %s.\n", k.ID)
			}
		})
	})
}

// pinChanger is a prompter that knows the PIN the card has, or that nobody does.
type pinChanger struct {
	*prompter
	old       *device.PIN
	forgotten bool
}

// pinChanger reads PINs from standard input at once where they come from there: the new one, then the one the card has.
func (r *run) pinChanger(ctx context.Context, stdin, forgotten bool) (*pinChanger, error) {
	secrets, err := r.secrets(ctx, stdin)
	if err != nil {
		return nil, err
	}
	p := &pinChanger{prompter: &prompter{run: r, secrets: secrets}, forgotten: forgotten}
	if stdin {
		second, err := r.secrets(ctx, true)
		switch {
		case err == nil:
			p.old = second.line
		case !errors.Is(err, errNoPIN):
			return nil, err
		}
	}
	return p, nil
}

// PIN gives the one that is wanted from standard input, or asks.
func (p *pinChanger) PIN(ctx context.Context, req enroll.PINRequest) (device.PIN, error) {
	switch {
	case req.Purpose == enroll.CardPIN && p.forgotten:
		return "", enroll.ErrForgotten
	case p.line == nil:
		return p.prompter.PIN(ctx, req)
	case req.Purpose == enroll.CardPIN && p.old == nil && errors.Is(req.Refused, enroll.ErrChangedElsewhere):
		return "", req.Refused
	case refusesPIN(req.Refused):
		return "", fmt.Errorf("the PIN from standard input: %w", req.Refused)
	case req.Purpose == enroll.CardPIN && p.old == nil:
		return "", errNoPIN
	case req.Purpose == enroll.CardPIN:
		return *p.old, nil
	}
	return *p.line, nil
}
