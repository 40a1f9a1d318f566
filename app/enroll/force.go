package enroll

import (
	"context"
	"errors"
	"fmt"

	"tapstation/app/directory"
	"tapstation/app/pin"
	"tapstation/device"
)

// temporary tells whether the PIN in hand is one that the card's holder has not chosen.
func (c *ceremony) temporary() bool {
	return c.journal.PINMade && c.journal.SealedPIN != nil || c.source == fromKey && c.pin != ""
}

// registered tells whether the card holds the credential of the journal.
func (c *ceremony) registered() bool {
	return c.journal.Stage == directory.Registered || c.journal.Stage == directory.Forcing
}

// forceChange has a card with a temporary PIN insist on another one, where it can (CTAP 2.1 §6.11.4). This is the last that
// is done to the card, because it takes its PIN for nothing else from then on, and it comes before the key is kept, so that
// whatever ends the ceremony the next tap makes up for it. The journal keeps the PIN until the key does.
func (c *ceremony) forceChange(ctx context.Context) error {
	can := c.info.Option("authnrCfg") && c.info.Option("setMinPINLength")
	if !can || c.info.ForcePIN || !c.temporary() || c.req.Verification != directory.PIN {
		return nil
	}
	sealed, err := c.seal(c.pin)
	if err != nil {
		return fmt.Errorf("seal the temporary PIN: %w", err)
	}
	c.journal.PINMade, c.journal.SealedPIN = true, sealed // also where it was an earlier key's
	err = c.write(ctx, directory.Forcing)
	if refuses(err) {
		return c.rollBack(ctx, c.journal.Credential.ID, err)
	}
	if err != nil {
		return err
	}
	err = c.card.ForcePINChange(ctx, c.pin)
	refused := errors.Is(err, device.ErrNotAllowed) || errors.Is(err, device.ErrUserTimeout)
	switch {
	case err == nil:
		c.info.ForcePIN = true
	case ctx.Err() != nil, again(err) && !refused:
		return fmt.Errorf("have the card insist on another PIN: %w", err)
	}
	return nil // a card that says it can and does not is one that cannot
}

// ease has a card that insists on another PIN take one that nobody sees, so that it does what it is told again.
func (c *ceremony) ease(ctx context.Context) error {
	before := pinInHand{c.pin, fromJournal}
	made := pin.Generate(pin.For(c.workspace.PINPolicy, c.info))
	sealed, err := c.seal(made)
	if err != nil {
		return fmt.Errorf("seal the PIN: %w", err)
	}
	if c.journal.OldPIN, err = c.seal(c.pin); err != nil {
		return fmt.Errorf("seal the PIN: %w", err)
	}
	c.journal.SealedPIN, c.journal.PINMade = sealed, true
	if err := c.overwrite(ctx); err != nil {
		return err
	}
	c.pin, c.source, c.before = made, fromJournal, &before
	if err := c.card.ChangePIN(ctx, before.pin, made); err != nil {
		return fmt.Errorf("change the PIN: %w", err)
	}
	return c.arrived(ctx)
}

// arrived notes that the card has the PIN in hand, and what it is by now.
func (c *ceremony) arrived(ctx context.Context) error {
	c.before = nil
	if err := c.look(ctx); err != nil {
		return err
	}
	c.journal.OldPIN = nil // for the next that is written
	return nil
}

// changePIN replaces the PIN of a card that insists on it. Where the station knows the one it has, that stays in the
// journal until the new one has arrived.
func (c *ceremony) changePIN(ctx context.Context) error {
	old := pinInHand{c.pin, c.source}
	var refused error
	for {
		c.pin, c.journal.SealedPIN, c.journal.OldPIN = "", nil, nil
		if old.source != fromHolder {
			sealed, err := c.seal(old.pin)
			if err != nil {
				return fmt.Errorf("seal the PIN: %w", err)
			}
			c.journal.OldPIN = sealed
		}
		if err := c.choosePIN(ctx, ReplacePIN, refused); err != nil {
			return err
		}
		c.step(SetPIN)
		if err := c.write(ctx, directory.SettingPIN); err != nil {
			return err
		}
		c.before = &old
		err := c.change(func() error { return c.card.ChangePIN(ctx, old.pin, c.pin) })
		var wrong *device.PINError
		switch {
		case errors.Is(err, device.ErrPINPolicy) && c.req.PINChooser == directory.UserHere:
			refused = err
			continue
		case errors.As(err, &wrong):
			c.source, c.before = old.source, nil
			if err := c.refusedPIN(ctx, wrong); err != nil {
				return err
			}
			if !c.info.PINSet() { // the way out was a reset
				return c.providePIN(ctx)
			}
			old = pinInHand{c.pin, c.source}
			continue
		case err != nil:
			return fmt.Errorf("change the PIN: %w", err)
		}
		return c.arrived(ctx)
	}
}

// pinInHand is a PIN of the card and where it comes from.
type pinInHand struct {
	pin    device.PIN
	source pinSource
}
