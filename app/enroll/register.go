package enroll

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"tapstation/app/directory"
	"tapstation/app/rp"
	"tapstation/device"
)

// register makes the credential on the card and has the relying party take it. A credential that a lost tap left
// behind is overwritten: a key keeps one discoverable credential for a relying party and user (CTAP 2.1 §6.1.2).
func (c *ceremony) register(ctx context.Context) error {
	if c.registered() {
		return nil
	}
	c.step(Register)
	exclude, err := c.exclude(ctx)
	if err != nil {
		return err
	}
	creation, err := c.rp.Begin(ctx, c.user, c.req.Verification, exclude)
	if err != nil {
		return err
	}
	if err := c.write(ctx, directory.Registering); err != nil {
		return err
	}
	clientData := rp.ClientData(rp.Create, creation.Challenge, creation.Origin)
	made, err := c.makeCredential(ctx, creation, clientData)
	if err != nil {
		return err
	}
	object, err := rp.AttestationObject(made)
	if err != nil {
		return err
	}
	cred, err := c.rp.Finish(ctx, creation, rp.Registration{
		CredentialID: made.ID, ClientDataJSON: clientData, AttestationObject: object, Transports: c.info.Transports,
	})
	if err != nil {
		return c.rollBack(ctx, made.ID, err)
	}
	c.journal.Credential = cred
	return c.write(ctx, directory.Registered)
}

// makeCredential asks the card until it takes the PIN.
func (c *ceremony) makeCredential(ctx context.Context, creation rp.Creation, clientData []byte) (device.Credential, error) {
	hash := sha256.Sum256(clientData)
	exclude := creation.Exclude
	for {
		var made device.Credential
		err := c.change(func() (err error) {
			made, err = c.card.MakeCredential(ctx, device.CredentialRequest{
				ClientDataHash: hash[:], RPID: creation.RPID, RPName: creation.RPName,
				UserHandle: c.user.Handle, UserName: c.user.ID, UserDisplay: c.user.DisplayName(),
				Algorithms: []int{c.algorithm()}, Exclude: exclude, PIN: c.pin,
			})
			return err
		})
		var wrong *device.PINError
		switch {
		case err == nil:
			return made, nil
		case errors.As(err, &wrong):
			if err := c.refusedPIN(ctx, wrong); err != nil {
				return made, err
			}
			if !c.info.PINSet() { // the way out was a reset, after which a PIN is chosen anew
				if err := c.providePIN(ctx); err != nil {
					return made, err
				}
			}
		case errors.Is(err, device.ErrPINRequired) && c.pin == "" && c.info.PINCapable():
			if err := c.askCardPIN(ctx, nil); err != nil {
				return made, err
			}
		case errors.Is(err, device.ErrExcluded) && len(exclude) > 0:
			k, err := c.excludedKey(ctx, exclude)
			if err != nil {
				return made, err
			}
			if err := c.replace(ctx, k); err != nil {
				return made, err
			}
			exclude = nil
		default:
			return made, fmt.Errorf("register on the card: %w", err)
		}
	}
}

// exclude is the credentials of the user's other keys, as many as the card takes in one list.
func (c *ceremony) exclude(ctx context.Context) (ids [][]byte, err error) {
	err = c.eachKey(ctx, func(k directory.SecurityKey) {
		fits := c.info.MaxCredentialIDLen == 0 || len(k.Credential.ID) <= c.info.MaxCredentialIDLen
		if owns(k) && k.RPID == c.workspace.RPID && fits && !c.replaces(k.ID) {
			ids = append(ids, k.Credential.ID)
		}
	})
	if most := c.info.MaxCredentialsInList; most > 0 && len(ids) > most {
		ids = ids[len(ids)-most:] // the newest
	}
	return ids, err
}

// excludedKey is the user's key that the card already holds.
func (c *ceremony) excludedKey(ctx context.Context, exclude [][]byte) (key directory.SecurityKey, err error) {
	held, err := c.silent(ctx, c.workspace.RPID, exclude...)
	if err != nil && !silenceRefused(err) && !errors.Is(err, device.ErrNoCredentials) {
		return key, err
	}
	id := exclude[len(exclude)-1] // a card that does not say which: most likely the last
	if len(held) > 0 {
		id = held[0].CredentialID
	}
	err = c.eachKey(ctx, func(k directory.SecurityKey) {
		if bytes.Equal(k.Credential.ID, id) {
			key = k
		}
	})
	return key, err
}

func (c *ceremony) eachKey(ctx context.Context, do func(directory.SecurityKey)) error {
	err := c.Directory.Store.View(ctx, func(tx directory.Tx) error {
		page, err := tx.Keys(directory.KeyQuery{UserID: c.user.ID, Limit: 1000})
		if err != nil {
			return err
		}
		for _, k := range page.Keys {
			do(k)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("look up the user's keys: %w", err)
	}
	return nil
}

func (c *ceremony) replaces(keyID string) bool {
	return slices.Contains(c.journal.Replaces, keyID)
}

// prove has the card sign with its new credential, so that nobody leaves with a card that does not work. It asks
// without PIN: the registration has shown that.
func (c *ceremony) prove(ctx context.Context) error {
	if c.journal.Stage == directory.Forcing {
		return nil // it did, and may be able to no more without another PIN
	}
	c.step(Prove)
	challenge := rp.NewAssertion(c.workspace.RPID)
	req := device.AssertionRequest{
		ClientDataHash: challenge.Hash(), RPID: challenge.RPID, Allow: [][]byte{c.journal.Credential.ID},
	}
	if c.info.Option("alwaysUv") {
		req.PIN = c.pin
	}
	signed, err := c.card.GetAssertion(ctx, req)
	if errors.Is(err, device.ErrNoCredentials) {
		return c.notProven(ctx, err)
	}
	if err != nil {
		return fmt.Errorf("prove the credential: %w", err)
	}
	if len(signed) != 1 || !bytes.Equal(signed[0].CredentialID, c.journal.Credential.ID) {
		return c.notProven(ctx, errors.New("it answered for another one"))
	}
	if handle := signed[0].UserHandle; handle != nil && !bytes.Equal(handle, c.user.Handle) {
		return c.notProven(ctx, errors.New("it names another user"))
	}
	count, err := challenge.Verify(signed[0], c.journal.Credential.PublicKey, req.PIN != "")
	if err != nil {
		return c.notProven(ctx, err)
	}
	c.journal.Credential.SignCount = max(count, c.journal.Credential.SignCount)
	return nil
}

// notProven takes a credential back that does not work: no tap of this card would mend it, and the user may get
// another card.
func (c *ceremony) notProven(ctx context.Context, reason error) error {
	failed := fmt.Errorf("%w: %w", ErrNotProven, reason)
	_, err := c.takeBack(ctx, c.journal.Credential.ID)
	switch {
	case err == nil:
		return failed
	case again(err):
		c.undo = func(ctx context.Context) error { return c.notProven(ctx, reason) }
		return err
	}
	return errors.Join(failed, err)
}

// rollBack takes back a credential that was refused.
func (c *ceremony) rollBack(ctx context.Context, credentialID []byte, reason error) error {
	removed, err := c.takeBack(ctx, credentialID)
	refused := &RefusedError{Reason: reason, Removed: removed}
	switch {
	case err == nil:
		return refused
	case again(err):
		c.undo = func(ctx context.Context) error { return c.rollBack(ctx, credentialID, reason) }
		return err
	}
	return errors.Join(refused, err)
}

// takeBack takes a credential off the card again, where the card allows, and ends the ceremony's journal. It fails as a
// card does that is gone; what that holds is removed at the next tap, or overwritten after a crash.
func (c *ceremony) takeBack(ctx context.Context, credentialID []byte) (removed bool, err error) {
	if c.info.ForcePIN && c.journal.Stage == directory.Forcing {
		err = c.ease(ctx)
	}
	if err == nil && c.registered() {
		c.journal.Stage = directory.Registering // it may be gone from now on
		err = c.overwrite(ctx)
	}
	if err == nil {
		err = c.card.DeleteCredential(ctx, credentialID, c.pin)
	}
	if err != nil && again(err) {
		return false, err
	}
	removed = err == nil || errors.Is(err, device.ErrNoCredentials)
	// Whoever may enroll no more must still not leave behind what they began.
	return removed, c.letGo(context.WithoutCancel(ctx), c.user.ID, c.req.Actor, func(directory.Tx) error { return nil })
}
