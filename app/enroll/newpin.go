package enroll

import (
	"context"
	"errors"
	"fmt"

	"tapstation/app/pin"
	"tapstation/app/rp"
	"tapstation/device"
)

// newPIN leaves the card with the PIN that is chosen, or reset.
func (c *pinChange) newPIN(ctx context.Context) error {
	if c.sent && c.info.PINSet() && !c.info.ForcePIN { // the answer was lost: either PIN may be the card's
		err := c.try(ctx, c.chosen)
		var wrong *device.PINError
		if err == nil || !errors.As(err, &wrong) || wrong.Blocked || wrong.PowerCycle {
			return err
		}
	}
	c.sent = false
	purpose := ChoosePIN
	if c.info.PINSet() {
		purpose = NewPIN
		if err := c.openCard(ctx); err != nil || c.journal.Stage != "" {
			return err
		}
	}
	for refused := error(nil); ; {
		if err := c.choose(ctx, purpose, refused); err != nil {
			return err
		}
		c.step(SetPIN)
		if err := c.writeDown(ctx); err != nil {
			return err
		}
		err := c.set(ctx)
		var wrong *device.PINError
		switch {
		case errors.Is(err, device.ErrPINPolicy):
			refused, c.chosen = err, ""
		case errors.As(err, &wrong) && c.info.ForcePIN: // the only way to find out
			if err := c.refusedPIN(ctx, wrong); err != nil || c.journal.Stage != "" {
				return err
			}
		case err != nil:
			return fmt.Errorf("set the new PIN: %w", err)
		default:
			return nil
		}
	}
}

// set has the card take the PIN that is chosen.
func (c *pinChange) set(ctx context.Context) error {
	c.changed = false
	err := c.change(func() error {
		if c.info.PINSet() {
			return c.card.ChangePIN(ctx, c.pin, c.chosen)
		}
		return c.card.SetPIN(ctx, c.chosen)
	})
	c.sent = c.changed
	return err
}

// openCard finds the PIN the card has now: one the station knows, or its holder's.
func (c *pinChange) openCard(ctx context.Context) error {
	if c.pin != "" {
		return nil // of the tap before
	}
	if c.info.ForcePIN && c.key.SealedPIN != nil {
		c.known = []sealedPIN{{c.key.SealedPIN, c.key.UserID}} // a change ends that, so none has arrived
	}
	var refused error
	for {
		sealed, err := c.nextKnown()
		if err != nil {
			return err
		}
		if sealed == nil {
			break
		}
		if err := c.spare(ctx); err != nil {
			return err
		}
		err = c.try(ctx, c.pin)
		var wrong *device.PINError
		switch {
		case err == nil:
			c.opened = sealed
			return nil
		case !errors.As(err, &wrong): // lost: it is tried again
			c.known = append([]sealedPIN{{sealed, c.user.ID}}, c.known...)
		}
		c.pin = ""
		switch {
		case wrong == nil || wrong.PowerCycle:
			return err
		case wrong.Blocked:
			return c.offerReset(ctx, 0)
		}
		if c.key.TemporaryPIN {
			refused = ErrChangedElsewhere
		}
	}
	for {
		if err := c.askCardPIN(ctx, refused); err != nil || c.journal.Stage != "" {
			return err
		}
		err := c.try(ctx, c.pin)
		var wrong *device.PINError
		if err == nil || !errors.As(err, &wrong) {
			return err
		}
		c.pin = ""
		switch {
		case wrong.Blocked:
			return c.offerReset(ctx, 0)
		case wrong.PowerCycle:
			return err
		}
		refused = err
	}
}

// spare warns before a PIN the station knows of is tried on the last attempts: somebody may have changed it since.
func (c *pinChange) spare(ctx context.Context) error {
	left, err := c.card.PINRetries(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("ask for the attempts left: %w", err)
	case left.Left == 0 || left.Left > lastAttempts:
		return nil // none left: trying costs nothing and says so
	}
	return c.confirm(ctx, Question{Kind: LastAttempts, Retries: left.Left})
}

// try shows the card a PIN without changing anything. A card that wants its PIN changed first says nothing before.
func (c *pinChange) try(ctx context.Context, p device.PIN) error {
	if c.info.ForcePIN {
		return nil
	}
	req := device.AssertionRequest{
		ClientDataHash: rp.NewAssertion(c.key.RPID).Hash(), RPID: c.key.RPID, Allow: [][]byte{c.key.Credential.ID}, PIN: p, Silent: true,
	}
	_, err := c.card.GetAssertion(ctx, req)
	var wrong *device.PINError
	if err != nil && !errors.As(err, &wrong) && silenceRefused(err) {
		req.Silent = false
		_, err = c.card.GetAssertion(ctx, req)
	}
	if errors.Is(err, device.ErrNoCredentials) {
		return ErrOtherCard
	}
	if err != nil && !errors.As(err, &wrong) {
		return fmt.Errorf("try the PIN: %w", err)
	}
	return err
}

// choose has the holder type the new PIN, once.
func (c *pinChange) choose(ctx context.Context, purpose PINPurpose, refused error) error {
	if c.chosen != "" {
		return nil
	}
	old := c.pin
	err := c.askNewPIN(ctx, PINRequest{Purpose: purpose, Policy: pin.For(c.workspace.PINPolicy, c.info), Retries: -1, Refused: refused})
	c.chosen, c.pin = c.pin, old
	return err
}
