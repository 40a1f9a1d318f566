package login

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"tapstation/app/directory"
	"tapstation/app/rp"
	"tapstation/device"
)

// Found is a card and whose it is.
type Found struct {
	User   directory.User
	Key    directory.SecurityKey
	Reader string
	ATR    []byte
	UID    []byte // nil where not told
	Info   device.Info
	// ByUID: only its UID, which can be copied, says whose the card is; it says nothing itself without its PIN.
	ByUID bool
}

// WhoIs waits for a card and tells whose security key it is, in whatever state. A card that is nobody's is
// ErrUnknownCard, with what is known of the card in Found.
func (l *Login) WhoIs(ctx context.Context, reader string) (Found, error) {
	var t tap
	for {
		card, err := l.open(ctx, reader, &t)
		if err != nil {
			return Found{}, fmt.Errorf("wait for a card: %w", err)
		}
		found, err := l.look(ctx, card, false)
		_ = card.Close() // what the card said is known; only the handle is given back
		if err == nil || !lost(err) || ctx.Err() != nil {
			return found, err
		}
		t.problem = err
	}
}

// Glance is WhoIs for a card that lies on the reader by chance: what it asks uses up nothing that a log-in or an
// enrollment with the same card would need. A card that says nothing on these terms is found by its UID, or not.
func (l *Login) Glance(ctx context.Context, reader string) (Found, error) {
	var t tap
	card, err := l.open(ctx, reader, &t)
	if err != nil {
		return Found{}, fmt.Errorf("wait for a card: %w", err)
	}
	found, err := l.look(ctx, card, true)
	_ = card.Close() // what the card said is known; only the handle is given back
	return found, err
}

// look asks a card whose it is; quietly, without using up the presence of this tap.
func (l *Login) look(ctx context.Context, card device.Card, quietly bool) (Found, error) {
	found := Found{Reader: card.Reader(), ATR: card.ATR()}
	var err error
	if found.UID, err = card.UID(ctx); err != nil {
		return found, fmt.Errorf("ask the card's UID: %w", err)
	}
	if found.Info, err = card.Info(ctx); err != nil {
		return found, fmt.Errorf("inspect the card: %w", err)
	}
	err = l.identify(ctx, card, &found, quietly)
	return found, err
}

// identify finds the key on the card of which found tells UID and Info. The UID is a hint at which keys it may be,
// since it can be copied; only what the card answers for counts. Else the card is asked for the credentials it keeps
// for the workspace. Only where it never says a thing without its PIN, its UID has to do.
func (l *Login) identify(ctx context.Context, card device.Card, found *Found, quietly bool) error {
	var hinted []known
	var rpID string
	err := l.Directory.Store.View(ctx, func(tx directory.Tx) error {
		w, err := tx.Workspace()
		if err != nil {
			return err
		}
		hinted, rpID = nil, w.RPID
		if found.UID == nil {
			return nil
		}
		return eachKey(tx, directory.KeyQuery{CardUID: found.UID}, func(k directory.SecurityKey) {
			hinted = append(hinted, fromDirectory(directory.User{ID: k.UserID}, k))
		})
	})
	if err != nil {
		return fmt.Errorf("look the card up: %w", err)
	}
	for _, keys := range byRelyingParty(hinted) {
		key, err := present(ctx, card, found.Info, keys)
		switch {
		case err == nil:
			return l.owner(ctx, found, [][]byte{key.CredentialID})
		case !errors.Is(err, device.ErrNoCredentials) && !silenceRefused(err):
			return err
		}
	}
	var ids [][]byte
	held, err := discover(ctx, card, rpID, quietly)
	if quietly && err != nil && silenceRefused(err) {
		err = device.ErrPINRequired // it may well say more, but on terms that are not for a glance
	}
	switch {
	case errors.Is(err, device.ErrNoCredentials):
		return ErrUnknownCard
	case errors.Is(err, device.ErrPINRequired) && len(hinted) == 0:
		return fmt.Errorf("%w, as far as it says without its PIN", ErrUnknownCard)
	case errors.Is(err, device.ErrPINRequired):
		found.ByUID = true
		for _, k := range hinted {
			ids = append(ids, k.CredentialID)
		}
	case err != nil:
		return fmt.Errorf("ask the card whose it is: %w", err)
	}
	for _, a := range held {
		ids = append(ids, a.CredentialID)
	}
	return l.owner(ctx, found, ids)
}

// owner puts into found the key of one of the credentials and its user; an active key before any other.
func (l *Login) owner(ctx context.Context, found *Found, credentials [][]byte) error {
	err := l.Directory.Store.View(ctx, func(tx directory.Tx) (err error) {
		var key directory.SecurityKey
		for _, id := range credentials {
			k, err := tx.KeyByCredential(id)
			switch {
			case errors.Is(err, directory.ErrNotFound):
				continue
			case err != nil:
				return err
			}
			if key.ID == "" || key.State != directory.Active && k.State == directory.Active {
				key = k
			}
		}
		if key.ID == "" {
			return ErrUnknownCard
		}
		found.Key = key
		found.User, err = tx.User(key.UserID)
		return err
	})
	if err != nil && !errors.Is(err, ErrUnknownCard) {
		err = fmt.Errorf("look the key up: %w", err)
	}
	return err
}

// present is the key among keys, all of one relying party, that the card says it has. It asks quietly.
func present(ctx context.Context, card device.Card, info device.Info, keys []known) (*known, error) {
	challenge := rp.NewAssertion(keys[0].RPID)
	for _, allow := range lists(info, keys) {
		found, err := card.GetAssertion(ctx, device.AssertionRequest{
			ClientDataHash: challenge.Hash(), RPID: challenge.RPID, Allow: allow, Silent: true,
		})
		if errors.Is(err, device.ErrNoCredentials) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("ask the card which key it is: %w", err)
		}
		// Pico FIDO makes up a credential it was not asked for where it has none, to give nothing away.
		if key, _, err := answered(keys, allow, found); err == nil {
			return key, nil
		}
	}
	return nil, device.ErrNoCredentials
}

// discover asks the card for every credential it keeps for the relying party, quietly, or, where it does not answer
// so, using up the presence of this tap, unless it is to be asked quietly only.
func discover(ctx context.Context, card device.Card, rpID string, quietly bool) ([]device.Assertion, error) {
	challenge := rp.NewAssertion(rpID)
	req := device.AssertionRequest{ClientDataHash: challenge.Hash(), RPID: rpID, Silent: true}
	found, err := card.GetAssertion(ctx, req)
	if err != nil && !quietly && silenceRefused(err) {
		req.Silent = false
		found, err = card.GetAssertion(ctx, req)
	}
	return found, err
}

// silenceRefused tells whether a card does not take a request without user presence.
func silenceRefused(err error) bool {
	var status *device.StatusError
	var ctap *device.CTAPError
	return errors.As(err, &status) || errors.As(err, &ctap) || errors.Is(err, device.ErrUnsupported) ||
		errors.Is(err, device.ErrNotAllowed) || errors.Is(err, device.ErrPINRequired) || errors.Is(err, device.ErrUserTimeout)
}

// explain says why none of the user's active keys is on the card: another of their keys is, or somebody else's.
func (l *Login) explain(ctx context.Context, card device.Card, info device.Info, h holder) (*known, uint32, error) {
	inactive := slices.DeleteFunc(slices.Clone(h.keys), func(k known) bool { return k.state == directory.Active && k.barred == nil })
	for _, keys := range byRelyingParty(inactive) {
		key, err := present(ctx, card, info, keys)
		switch {
		case err == nil:
			return key, 0, key.refusal()
		case !errors.Is(err, device.ErrNoCredentials) && !silenceRefused(err):
			return nil, 0, err
		}
	}
	if h.offline {
		return nil, 0, ErrUnknownCard
	}
	uid, err := card.UID(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("ask the card's UID: %w", err)
	}
	found := Found{UID: uid, Info: info}
	err = l.identify(ctx, card, &found, false)
	switch {
	case err == nil && found.User.ID != h.user.ID:
		return nil, 0, &OtherUserError{Owner: found.User.ID, Key: found.Key}
	case err == nil && found.Key.State == directory.Active:
		break // by its UID alone, or one that became theirs since
	case err == nil:
		k := fromDirectory(found.User, found.Key)
		return &k, 0, k.notActive()
	case lost(err) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return nil, 0, err
	}
	return nil, 0, ErrUnknownCard
}
