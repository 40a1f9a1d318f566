package enroll

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/app/pin"
	"tapstation/device"
)

// pinSource is where the PIN in hand comes from, which says what a refusal of it means.
type pinSource int

const (
	fromHolder  pinSource = iota // typed just now, for a card that has one
	fromJournal                  // this ceremony set it, or was about to
	fromKey                      // a temporary PIN of an earlier key on this card
)

// lastAttempts is from how few attempts on a person is warned (mission.md, PIN rules).
const lastAttempts = 2

// providePIN leaves the card with a PIN that is in hand, or without one where none is needed.
func (c *ceremony) providePIN(ctx context.Context) error {
	if c.reset {
		if err := c.resetCard(ctx); err != nil {
			return err
		}
	}
	if !c.info.PINSet() {
		if c.req.Verification != directory.PIN {
			c.pin = ""
			return nil
		}
		return c.setPIN(ctx)
	}
	if err := c.presentPIN(ctx); err != nil {
		return err
	}
	if !c.info.PINSet() { // the way out was a reset
		return c.providePIN(ctx)
	}
	if c.info.ForcePIN && c.journal.Stage != directory.Forcing {
		return c.changePIN(ctx)
	}
	return nil
}

// presentPIN finds the PIN of a card that has one: known to the station, or typed by its holder. A card that still insists
// on another PIN has not got the one that was on its way.
func (c *ceremony) presentPIN(ctx context.Context) error {
	if c.before != nil && c.info.ForcePIN {
		c.pin, c.source = c.before.pin, c.before.source
	}
	c.before = nil
	if c.pin != "" {
		return nil
	}
	j := &c.journal
	switch {
	case j.OldPIN != nil && c.info.ForcePIN:
		return c.unseal(j.OldPIN, c.user.ID, fromJournal)
	case j.Stage == directory.SettingPIN && c.info.ForcePIN:
		j.SealedPIN = nil // its holder's was to be replaced, and was not
	case j.SealedPIN != nil:
		return c.unseal(j.SealedPIN, c.user.ID, fromJournal)
	}
	if err := c.findKnown(ctx); err != nil {
		return err
	}
	if sealed, err := c.nextKnown(); err != nil || sealed != nil {
		return err
	}
	return c.askCardPIN(ctx, nil)
}

// sealedPIN is a PIN that a card may have, and whose it was.
type sealedPIN struct {
	sealed []byte
	userID string
}

// findKnown looks for PINs the station knows of keys that are on this card, or were: made by itself and never changed, or
// on their way to the card when a change was interrupted. The card is known by its UID, or by a credential of that key.
func (c *ceremony) findKnown(ctx context.Context) error {
	if c.looked {
		return nil
	}
	var keys []directory.SecurityKey
	err := c.Directory.Store.View(ctx, func(tx directory.Tx) error {
		keys = nil
		for _, id := range slices.Concat(c.here, c.past) {
			k, err := tx.Key(id)
			if errors.Is(err, directory.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			keys = append(keys, k)
		}
		if c.mark.UID == nil {
			return nil
		}
		page, err := tx.Keys(directory.KeyQuery{CardUID: c.mark.UID, Limit: 1000})
		keys = append(keys, page.Keys...)
		return err
	})
	if err != nil {
		return fmt.Errorf("look for a PIN that is known: %w", err)
	}
	c.looked = true
	slices.SortStableFunc(keys, func(a, b directory.SecurityKey) int { return b.Changed.Compare(a.Changed) })
	for _, k := range slices.CompactFunc(keys, func(a, b directory.SecurityKey) bool { return a.ID == b.ID }) {
		if !c.info.ForcePIN || k.SealedPIN == nil { // else it has not arrived
			c.known = append(c.known, sealedPIN{k.NextPIN, k.UserID})
		}
		if k.TemporaryPIN {
			c.known = append(c.known, sealedPIN{k.SealedPIN, k.UserID})
		}
	}
	return nil
}

// nextKnown puts the next PIN the card may have in hand and returns it as it is sealed; nil where there is none left.
func (c *ceremony) nextKnown() (sealed []byte, err error) {
	for len(c.known) > 0 {
		next := c.known[0]
		c.known = c.known[1:]
		if next.sealed != nil {
			return next.sealed, c.unseal(next.sealed, next.userID, fromKey)
		}
	}
	return nil, nil
}

func (c *ceremony) unseal(sealed []byte, userID string, source pinSource) error {
	secret, err := c.Seal.Open(sealed, directory.PINPurpose(userID))
	if err != nil {
		return fmt.Errorf("open the sealed PIN: %w", err)
	}
	c.pin, c.source = device.PIN(secret), source
	return nil
}

// seal makes a PIN of the user's card unreadable at rest.
func (c *ceremony) seal(p device.PIN) ([]byte, error) {
	return c.Seal.Seal([]byte(p.Reveal()), directory.PINPurpose(c.user.ID))
}

// askCardPIN asks the holder, after a look at the attempts left. Refused is why the one before was not taken.
func (c *ceremony) askCardPIN(ctx context.Context, refused error) error {
	left, err := c.card.PINRetries(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("ask for the attempts left: %w", err)
	case left.Left == 0:
		return c.offerReset(ctx, 0)
	case left.PowerCycle:
		return &device.PINError{Retries: left.Left, PowerCycle: true}
	case left.Left <= lastAttempts:
		if err := c.confirm(ctx, Question{Kind: LastAttempts, Retries: left.Left}); err != nil {
			return err
		}
	}
	err = c.ask(func() (err error) {
		c.pin, err = c.prompt.PIN(ctx, PINRequest{Purpose: CardPIN, Retries: left.Left, Refused: refused})
		return err
	})
	if errors.Is(err, ErrForgotten) {
		c.pin = ""
		return c.offerReset(ctx, left.Left)
	}
	if err != nil {
		return err
	}
	c.pin, c.source = pin.Normalize(c.pin), fromHolder
	if c.pin == "" {
		return ErrCancelled
	}
	return nil
}

// refusedPIN is what happens after the card did not take the PIN in hand: another is found, or the ceremony ends.
func (c *ceremony) refusedPIN(ctx context.Context, wrong *device.PINError) error {
	source := c.source
	c.pin = ""
	switch {
	case wrong.Blocked:
		return c.offerReset(ctx, 0)
	case wrong.PowerCycle:
		return wrong
	case source == fromJournal && c.mark.UID == nil:
		return ErrOtherCard // nothing but its PIN can tell this card from others
	case source == fromJournal:
		c.journal.SealedPIN = nil // somebody changed it since
	case source == fromKey && wrong.Retries > lastAttempts:
		if sealed, err := c.nextKnown(); err != nil || sealed != nil {
			return err
		}
	}
	if source == fromKey {
		return c.askCardPIN(ctx, ErrChangedElsewhere)
	}
	return c.askCardPIN(ctx, wrong)
}

// setPIN gives a card without a PIN the one that is chosen.
func (c *ceremony) setPIN(ctx context.Context) error {
	var refused error
	for {
		if err := c.choosePIN(ctx, ChoosePIN, refused); err != nil {
			return err
		}
		c.step(SetPIN)
		if err := c.write(ctx, directory.SettingPIN); err != nil {
			return err
		}
		err := c.change(func() error { return c.card.SetPIN(ctx, c.pin) })
		if errors.Is(err, device.ErrPINPolicy) && c.req.PINChooser == directory.UserHere {
			c.pin, c.journal.SealedPIN, refused = "", nil, err
			continue
		}
		if err != nil {
			return fmt.Errorf("set the PIN: %w", err)
		}
		return c.look(ctx)
	}
}

// choosePIN leaves a new PIN in hand and sealed in the journal: the one a lost tap left there, the user's, or one
// nobody sees.
func (c *ceremony) choosePIN(ctx context.Context, purpose PINPurpose, refused error) error {
	if c.journal.SealedPIN != nil {
		return c.unseal(c.journal.SealedPIN, c.user.ID, fromJournal)
	}
	policy := pin.For(c.workspace.PINPolicy, c.info)
	c.journal.PINMade = c.req.PINChooser == directory.UserMail
	if c.journal.PINMade {
		c.pin = pin.Generate(policy)
	} else if err := c.askNewPIN(ctx, PINRequest{Purpose: purpose, Policy: policy, Retries: -1, Refused: refused}); err != nil {
		return err
	}
	sealed, err := c.seal(c.pin)
	if err != nil {
		return fmt.Errorf("seal the PIN: %w", err)
	}
	c.journal.SealedPIN, c.source = sealed, fromJournal
	return nil
}

func (c *ceremony) askNewPIN(ctx context.Context, req PINRequest) error {
	for {
		var typed device.PIN
		err := c.ask(func() (err error) {
			typed, err = c.prompt.PIN(ctx, req)
			return err
		})
		if err != nil {
			return err
		}
		if req.Refused = pin.Check(req.Policy, typed); req.Refused == nil {
			c.pin = pin.Normalize(typed)
			return nil
		}
	}
}

// offerReset is the one way out of a PIN that is blocked (no attempts left) or forgotten. With what was on the card go
// the keys that were.
func (c *ceremony) offerReset(ctx context.Context, left int) error {
	if c.busy != nil {
		return c.busy
	}
	q := Question{Kind: ResetCard, Retries: left}
	doomed, err := c.keysHere(ctx)
	if err != nil {
		return err
	}
	for _, k := range doomed {
		if q.Key.ID == "" || !c.replaces(k.Key.ID) {
			q.Key = k.Key
			q.Owner = k.User
		}
	}
	if err := c.confirm(ctx, q); err != nil {
		if errors.Is(err, ErrCancelled) && left == 0 {
			return &device.PINError{Blocked: true}
		}
		return err
	}
	for _, k := range doomed {
		c.here = append(c.here, k.Key.ID)
		c.giveWay(k.Key.ID)
	}
	c.reset = true
	return c.resetCard(ctx)
}

// keysHere is the keys that are on this card, as far as its UID tells, and that the actor may put an end to.
func (c *ceremony) keysHere(ctx context.Context) (rows []directory.KeyRow, err error) {
	if c.mark.UID == nil {
		return nil, nil
	}
	err = c.Directory.Store.View(ctx, func(tx directory.Tx) error {
		rows = nil
		page, err := tx.Keys(directory.KeyQuery{CardUID: c.mark.UID, Limit: 1000})
		if err != nil {
			return err
		}
		for _, k := range page.Keys {
			if !owns(k) {
				continue
			}
			if err := directory.AllowOn(tx, c.req.Actor, directory.EnrollKeys, k.UserID); err != nil {
				return err
			}
			owner, err := tx.User(k.UserID)
			if err != nil {
				return err
			}
			rows = append(rows, directory.KeyRow{Key: k, User: owner})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look up the keys on this card: %w", err)
	}
	return rows, nil
}

// resetCard does what was agreed to. A card takes it only soon after power-up; device.ErrNotAllowed then asks for
// another tap.
func (c *ceremony) resetCard(ctx context.Context) error {
	c.journal.SealedPIN, c.journal.OldPIN, c.journal.PINMade = nil, nil, false // blocked, or gone in a moment
	c.before = nil
	if c.journal.Stage != directory.Resetting {
		if err := c.write(ctx, directory.Resetting, audit.KeyReset); err != nil {
			return err
		}
	}
	if err := c.change(func() error { return c.card.Reset(ctx) }); err != nil {
		return fmt.Errorf("reset the card: %w", err)
	}
	c.reset, c.pin = false, ""
	return c.look(ctx)
}

// look asks the card anew what it is after that was changed.
func (c *ceremony) look(ctx context.Context) (err error) {
	if c.info, err = c.card.Info(ctx); err != nil {
		return fmt.Errorf("look at the card again: %w", err)
	}
	return nil
}

// confirm is a yes, or ErrCancelled.
func (c *ceremony) confirm(ctx context.Context, q Question) error {
	var yes bool
	err := c.ask(func() (err error) {
		yes, err = c.prompt.Confirm(ctx, q)
		return err
	})
	if err == nil && !yes {
		return ErrCancelled
	}
	return err
}
