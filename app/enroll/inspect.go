package enroll

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"tapstation/app/directory"
	"tapstation/app/rp"
	"tapstation/device"
)

// inspect finds out, before anything is written, what the card is, whether it is the one the ceremony began
// with, whether it can do what is asked of it, and whose it already is.
func (c *ceremony) inspect(ctx context.Context) error {
	uid, err := c.card.UID(ctx)
	if err != nil {
		return fmt.Errorf("ask the card's UID: %w", err)
	}
	mark := directory.CardMark{ATR: c.card.ATR(), UID: lasting(uid)}
	if c.marked && c.journal.Stage == "" && differs(c.mark, mark) {
		return ErrOtherCard
	}
	if !c.marked {
		c.mark, c.marked = mark, true
	}
	c.step(Inspect)
	if c.info, err = c.card.Info(ctx); err != nil {
		return fmt.Errorf("inspect the card: %w", err)
	}
	mark.AAGUID = c.info.AAGUID
	if c.journal.Stage != "" {
		if err := c.recognise(ctx, mark); err != nil {
			return err
		}
	}
	c.mark = mark
	if err := c.capable(); err != nil {
		return err
	}
	if c.found {
		return nil
	}
	if err := c.findOwner(ctx); err != nil {
		return err
	}
	if c.info.RemainingCredentials == 0 && len(c.here) == 0 {
		return device.ErrKeyFull
	}
	c.found = true
	return nil
}

// lasting is the UID where it is the card's own for life. Four bytes that begin with 08 are made up at every
// power-up (ISO 14443-3 §6.5.4).
func lasting(uid []byte) []byte {
	if len(uid) == 4 && uid[0] == 0x08 {
		return nil
	}
	return uid
}

// differs tells whether two marks cannot be of one card. Without a UID on both sides only the model speaks.
func differs(a, b directory.CardMark) bool {
	if a.UID != nil && b.UID != nil {
		return !bytes.Equal(a.UID, b.UID)
	}
	return !bytes.Equal(a.ATR, b.ATR) || (a.UID == nil) != (b.UID == nil)
}

// recognise tells whether this is the card of the journal. What is on the card weighs more than its marks: a
// credential only this ceremony can have made proves the card, and a card that lacks what was surely written is
// another one. Otherwise the marks decide.
func (c *ceremony) recognise(ctx context.Context, mark directory.CardMark) error {
	if c.journal.Mark.AAGUID != mark.AAGUID {
		return ErrOtherCard
	}
	switch c.journal.Stage {
	case directory.Registered, directory.Forcing:
		held, err := c.holds(ctx, c.workspace.RPID, c.journal.Credential.ID)
		switch {
		case err == nil && held:
			return nil
		case err == nil:
			return ErrOtherCard
		case !silenceRefused(err):
			return err
		}
	case directory.Registering:
		if c.journal.SealedPIN != nil && !c.info.PINSet() {
			return ErrOtherCard // its PIN was set before registering began
		}
		if c.journal.Mark.UID == nil || mark.UID == nil || differs(c.journal.Mark, mark) {
			if made, err := c.holdsUsers(ctx); err != nil {
				return err
			} else if made {
				return nil
			}
		}
	}
	if differs(c.journal.Mark, mark) {
		return ErrOtherCard
	}
	return nil
}

// capable refuses a card that cannot become what is asked for.
func (c *ceremony) capable() error {
	i := c.info
	ctap2 := slices.ContainsFunc(i.Versions, func(v string) bool { return len(v) > 5 && v[:5] == "FIDO_" })
	onlyPIN := i.Option("alwaysUv")
	switch {
	case !ctap2:
		return device.ErrNotFIDO
	case !i.Option("rk"):
		return ErrNotDiscoverable
	case c.algorithm() == 0:
		return ErrAlgorithm
	case c.req.Verification == directory.PIN && !i.PINCapable():
		return ErrPINImpossible
	case c.req.Verification == directory.PINless && onlyPIN:
		return ErrAlwaysPIN
	}
	return rp.TakesModel(c.workspace, i.AAGUID)
}

// es256 is the algorithm every FIDO2 key and every relying party knows (COSE, RFC 9053 §2.1).
const es256 = -7

// algorithm is the first the relying party takes and the card knows; 0: none.
func (c *ceremony) algorithm() int {
	if len(c.info.Algorithms) == 0 || slices.Contains(c.info.Algorithms, es256) {
		return es256
	}
	for _, a := range libraryAlgorithms {
		if slices.Contains(c.info.Algorithms, a) {
			return a
		}
	}
	return 0
}

// libraryAlgorithms are those libfido2 can ask for besides ES256: EdDSA, ES384, RS256.
var libraryAlgorithms = []int{-8, -35, -257}

// findOwner refuses a card that is somebody's key already, unless a person agrees to replace that key. The UID
// only says whom to ask the card about; the card's answer decides.
func (c *ceremony) findOwner(ctx context.Context) error {
	var known []directory.SecurityKey // that were on a card with this UID
	var begun []directory.Enrollment  // likewise
	var nameless bool                 // there are keys on cards whose UID nobody knows
	err := c.Directory.Store.View(ctx, func(tx directory.Tx) (err error) {
		known, begun, nameless = nil, nil, false
		if c.mark.UID != nil {
			page, err := tx.Keys(directory.KeyQuery{CardUID: c.mark.UID, Limit: 1000})
			if err != nil {
				return err
			}
			known = page.Keys
		}
		// A card without a UID of its own may be any card the directory knows.
		if nameless, err = anyOnCards(tx, c.mark.UID != nil); err != nil {
			return err
		}
		all, err := tx.Enrollments()
		for _, j := range all {
			if j.UserID != c.user.ID && c.mark.UID != nil && bytes.Equal(j.Mark.UID, c.mark.UID) {
				begun = append(begun, j)
			}
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("look the card up: %w", err)
	}
	for _, j := range begun {
		k := directory.SecurityKey{ID: j.KeyID, Name: j.KeyName, UserID: j.UserID, State: directory.Pending}
		if err := c.replace(ctx, k); err != nil {
			return err
		}
	}
	owned := slices.DeleteFunc(known, func(k directory.SecurityKey) bool { return !owns(k) })
	if len(owned) == 0 && !nameless {
		return nil
	}
	for _, k := range owned {
		held, err := c.holds(ctx, k.RPID, k.Credential.ID)
		if err != nil && !silenceRefused(err) {
			return err
		}
		if held || err != nil { // a card that does not say counts as known by its UID
			return c.replace(ctx, k)
		}
	}
	return c.findByCredential(ctx)
}

// anyOnCards tells whether there are keys on cards, or on cards whose UID nobody knows: those that work, and those that
// tell of a PIN only the station knows. A pending key is on none.
func anyOnCards(tx directory.Tx, nameless bool) (bool, error) {
	first, err := firstKey(tx, directory.KeyQuery{NoUID: nameless})
	if err != nil || first == nil {
		return false, err
	}
	if owns(*first) {
		return true, nil
	}
	for _, q := range []directory.KeyQuery{
		{State: directory.Active}, {State: directory.Disabled}, {State: directory.Revoked, TemporaryPIN: true},
	} {
		q.NoUID = nameless
		if k, err := firstKey(tx, q); err != nil || k != nil {
			return err == nil, err
		}
	}
	return false, nil
}

// firstKey is the first that matches; nil: none does.
func firstKey(tx directory.Tx, q directory.KeyQuery) (*directory.SecurityKey, error) {
	q.Limit = 1
	for {
		page, err := tx.Keys(q)
		if err != nil || len(page.Keys) == 0 && page.Next == "" {
			return nil, err
		}
		if len(page.Keys) > 0 {
			return &page.Keys[0], nil
		}
		q.After = page.Next
	}
}

// findByCredential asks the card itself whose it is.
func (c *ceremony) findByCredential(ctx context.Context) error {
	held, err := c.silent(ctx, c.workspace.RPID)
	if err != nil {
		if silenceRefused(err) {
			return nil // the exclude list still finds this user's own
		}
		return err
	}
	for _, a := range held {
		var k directory.SecurityKey
		err := c.Directory.Store.View(ctx, func(tx directory.Tx) (err error) {
			k, err = tx.KeyByCredential(a.CredentialID)
			return err
		})
		if err == nil && !owns(k) {
			c.past = append(c.past, k.ID)
		}
		if errors.Is(err, directory.ErrNotFound) || err == nil && !owns(k) {
			continue
		}
		if err != nil {
			return fmt.Errorf("look a credential up: %w", err)
		}
		return c.replace(ctx, k)
	}
	return nil
}

func owns(k directory.SecurityKey) bool {
	return k.State == directory.Active || k.State == directory.Disabled
}

// replace asks whether the key this card already is may give way, which it does when the new one is kept.
func (c *ceremony) replace(ctx context.Context, k directory.SecurityKey) error {
	var owner directory.User
	err := c.Directory.Store.View(ctx, func(tx directory.Tx) (err error) {
		if owner, err = tx.User(k.UserID); err != nil {
			return err
		}
		return directory.AllowOn(tx, c.req.Actor, directory.EnrollKeys, owner.ID)
	})
	if c.ticket.id != "" && errors.Is(err, directory.ErrForbidden) {
		return &AlreadyEnrolledError{Owner: owner, Key: k} // a ticket is leave for its own key only
	}
	if err != nil {
		return fmt.Errorf("replace %q of %s: %w", k.Name, k.UserID, err)
	}
	var yes bool
	err = c.ask(func() (err error) {
		yes, err = c.prompt.Confirm(ctx, Question{Kind: ReplaceKey, Owner: owner, Key: k})
		return err
	})
	if err != nil {
		return err
	}
	if !yes {
		return &AlreadyEnrolledError{Owner: owner, Key: k}
	}
	if k.State == directory.Pending { // the journal of another user's lost ceremony
		return c.GiveUp(ctx, k.UserID, c.req.Actor)
	}
	c.here = append(c.here, k.ID)
	c.giveWay(k.ID)
	return nil
}

// giveWay notes a key that is revoked when the new one is kept.
func (c *ceremony) giveWay(keyID string) {
	if !c.replaces(keyID) {
		c.journal.Replaces = append(c.journal.Replaces, keyID)
	}
}

// holds tells whether the card has one of the credentials. Where it has none, Pico FIDO answers with one it makes up,
// to give nothing away.
func (c *ceremony) holds(ctx context.Context, rpID string, credentialIDs ...[]byte) (bool, error) {
	held, err := c.silent(ctx, rpID, credentialIDs...)
	if errors.Is(err, device.ErrNoCredentials) {
		return false, nil
	}
	return slices.ContainsFunc(held, func(a device.Assertion) bool {
		return slices.ContainsFunc(credentialIDs, func(id []byte) bool { return bytes.Equal(id, a.CredentialID) })
	}), err
}

// holdsUsers tells whether the card has a credential of this user that the directory does not know: only a lost
// ceremony can have made it.
func (c *ceremony) holdsUsers(ctx context.Context) (bool, error) {
	held, err := c.silent(ctx, c.workspace.RPID)
	if err != nil {
		if silenceRefused(err) {
			return false, nil
		}
		return false, err
	}
	for _, a := range held {
		if !bytes.Equal(a.UserHandle, c.user.Handle) {
			continue
		}
		err := c.Directory.Store.View(ctx, func(tx directory.Tx) error {
			_, err := tx.KeyByCredential(a.CredentialID)
			return err
		})
		if errors.Is(err, directory.ErrNotFound) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
	}
	return false, nil
}

// silent asks for assertions without presence, which leaves the presence of this tap for the registration. No
// credential is an empty answer where none was named.
func (c *ceremony) silent(ctx context.Context, rpID string, credentialIDs ...[]byte) ([]device.Assertion, error) {
	held, err := c.card.GetAssertion(ctx, device.AssertionRequest{
		ClientDataHash: rp.NewAssertion(rpID).Hash(), RPID: rpID, Allow: credentialIDs, Silent: true,
	})
	if len(credentialIDs) == 0 && errors.Is(err, device.ErrNoCredentials) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("ask the card for its credentials: %w", err)
	}
	return held, nil
}

// silenceRefused tells whether err is a card that gives nothing away without presence or PIN, rather than one
// that was lost.
func silenceRefused(err error) bool {
	var code *device.CTAPError
	var wrong *device.PINError
	return errors.As(err, &code) || errors.As(err, &wrong) || errors.Is(err, device.ErrPINRequired) ||
		errors.Is(err, device.ErrUnsupported) || errors.Is(err, device.ErrNotAllowed) || errors.Is(err, device.ErrUserTimeout)
}
