package login

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tapstation/app/directory"
	"tapstation/app/rp"
	"tapstation/device"
)

// Login proves who taps and tells whose a card is. All members but Seal are needed.
type Login struct {
	Directory *directory.Directory
	Cache     Cache
	Board     *device.Board
	// Seal opens the temporary PINs that the station remembers; nil: it is not noticed that one was changed elsewhere.
	Seal Sealer
}

// Sealer opens what was kept unreadable at rest. The purpose must be the same at both ends.
type Sealer interface {
	Open(sealed []byte, purpose string) ([]byte, error)
}

// now is the directory's clock.
func (l *Login) now() time.Time {
	if l.Directory.Now != nil {
		return l.Directory.Now()
	}
	return time.Now()
}

// Request is one log-in.
type Request struct {
	UserID string
	Reader string // empty: the first card that comes counts
	Actor  string // for the audit log: "os:NAME", "admin:ID"
	// PIN asks for the PIN of the key on the card, only where that key is verified by PIN; nil: none can be asked.
	// It is asked again after a wrong PIN, with Refused set, until it fails; fail with what shall end the log-in.
	PIN func(context.Context, PINRequest) (device.PIN, error)
	// Offline leaves the directory alone: only the cache of this machine counts.
	Offline bool
}

// PINRequest says which PIN is wanted.
type PINRequest struct {
	KeyName string
	Retries int   // attempts left; -1 where the card does not say. With LastAttempts or fewer, warn first.
	Refused error // why the one before was not taken: *device.PINError; or nil
}

// LastAttempts is how many attempts a card has left when a PIN may only be tried after a plain warning and a
// typed confirmation.
const LastAttempts = 2

// Result is a proven user.
type Result struct {
	UserID  string
	Key     Cached
	Reader  string
	ATR     []byte
	UID     []byte // nil where not told
	Offline bool   // proven by the cache, because the directory could not be reached or was not to be asked
	Cost    device.Cost
	// Unkept is why the log-in could not be written down everywhere; it holds all the same.
	Unkept error
}

// Prove waits for a card and proves that it is an active key of the user. It goes on with the next tap when a card
// was taken away too early; everything else ends it: ctx.Err(), the errors of this package, and those of package
// device.
//
// The directory decides; where it cannot be reached, the offline cache of this machine does, which only knows
// keys with Offline Login.
func (l *Login) Prove(ctx context.Context, req Request) (Result, error) {
	h, err := l.holder(ctx, req)
	if err == nil {
		err = h.ready()
	}
	if err != nil {
		return Result{}, l.refuse(ctx, req, h, nil, err)
	}
	var t tap
	for {
		card, err := l.open(ctx, req.Reader, &t)
		if err != nil {
			return Result{}, fmt.Errorf("wait for a card: %w", err)
		}
		res, err := l.onCard(ctx, card, req)
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

// onCard proves the card in the field. Keys are read again, because much can happen between asking and tapping.
func (l *Login) onCard(ctx context.Context, card device.Card, req Request) (Result, error) {
	h, err := l.holder(ctx, req)
	if err == nil {
		err = h.ready()
	}
	if err != nil {
		return Result{}, l.refuse(ctx, req, h, nil, err)
	}
	uid, err := card.UID(ctx)
	if err != nil {
		return Result{}, fmt.Errorf("ask the card's UID: %w", err)
	}
	key, count, err := l.prove(ctx, card, h, req)
	if err != nil {
		return Result{}, l.refuse(ctx, req, h, key, err)
	}
	res := Result{
		UserID: h.user.ID, Key: key.Cached, Reader: card.Reader(), ATR: card.ATR(), UID: uid, Offline: h.offline,
	}
	res.Key.SignCount = count
	if res.Unkept, err = l.keep(ctx, req, h, *key, count); err != nil {
		return Result{}, l.refuse(ctx, req, h, key, err)
	}
	return res, nil
}

// prove asks the card for an assertion by one of the holder's active keys and verifies it.
func (l *Login) prove(ctx context.Context, card device.Card, h holder, req Request) (*known, uint32, error) {
	info, err := card.Info(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("inspect the card: %w", err)
	}
	for _, keys := range byRelyingParty(h.usable()) {
		key, count, err := l.assert(ctx, card, info, keys, req)
		if !errors.Is(err, device.ErrNoCredentials) {
			return key, count, err
		}
	}
	return l.explain(ctx, card, info, h)
}

// assert proves one of the keys, which are all of one relying party. device.ErrNoCredentials: none is on the card.
//
// Where a PIN may be wanted, the card is first asked quietly which of the keys it has: a PIN typed for another
// card would cost one of that card's attempts.
func (l *Login) assert(ctx context.Context, card device.Card, info device.Info, keys []known, req Request) (*known, uint32, error) {
	if !slices.ContainsFunc(keys, func(k known) bool { return k.Verification == directory.PIN }) {
		key, count, err := verifiedAssertion(ctx, card, info, keys, "")
		if errors.Is(err, device.ErrPINRequired) { // a card that always asks for it
			return withPIN(ctx, card, info, keys, keys[0], req)
		}
		return key, count, err
	}
	if key, err := present(ctx, card, info, keys); err == nil {
		keys = []known{*key}
	} else if !silenceRefused(err) {
		return nil, 0, err
	}
	i := slices.IndexFunc(keys, func(k known) bool { return k.Verification == directory.PIN })
	if i < 0 {
		return verifiedAssertion(ctx, card, info, keys, "")
	}
	return withPIN(ctx, card, info, keys, keys[i], req)
}

// withPIN asks for the PIN until the card takes it or the person gives up. asked is the key the person is told of.
func withPIN(ctx context.Context, card device.Card, info device.Info, keys []known, asked known, req Request) (*known, uint32, error) {
	if !info.PINSet() {
		return &asked, 0, fmt.Errorf("key %q: %w", asked.KeyName, device.ErrPINNotSet)
	}
	if info.ForcePIN {
		return &asked, 0, fmt.Errorf("key %q: %w", asked.KeyName, ErrSetPIN)
	}
	if req.PIN == nil {
		return &asked, 0, fmt.Errorf("key %q: %w", asked.KeyName, device.ErrPINRequired)
	}
	var refused error
	for {
		retries, err := card.PINRetries(ctx)
		switch {
		case err != nil:
			return nil, 0, fmt.Errorf("ask for the PIN attempts left: %w", err)
		case retries.Left == 0:
			return &asked, 0, &device.PINError{Blocked: true}
		case retries.PowerCycle:
			return &asked, 0, &device.PINError{Retries: retries.Left, PowerCycle: true}
		}
		pin, err := req.PIN(ctx, PINRequest{KeyName: asked.KeyName, Retries: retries.Left, Refused: refused})
		if err != nil {
			return &asked, 0, fmt.Errorf("ask for the PIN: %w", err)
		}
		if pin == "" {
			return &asked, 0, fmt.Errorf("key %q: %w", asked.KeyName, device.ErrPINRequired)
		}
		key, count, err := verifiedAssertion(ctx, card, info, keys, pin)
		var wrong *device.PINError
		if !errors.As(err, &wrong) || wrong.PowerCycle || wrong.Blocked {
			if key == nil {
				key = &asked
			}
			key.pin = pin
			return key, count, err
		}
		refused = err
	}
}

// verifiedAssertion is one assertion by one of the keys, checked against its public key, user verification
// included where there is a PIN.
func verifiedAssertion(ctx context.Context, card device.Card, info device.Info, keys []known, pin device.PIN) (*known, uint32, error) {
	challenge := rp.NewAssertion(keys[0].RPID)
	for _, allow := range lists(info, keys) {
		found, err := card.GetAssertion(ctx, device.AssertionRequest{
			ClientDataHash: challenge.Hash(), RPID: challenge.RPID, Allow: allow, PIN: pin,
		})
		if errors.Is(err, device.ErrNoCredentials) {
			continue
		}
		if err != nil {
			return nil, 0, fmt.Errorf("ask the card for a proof: %w", err)
		}
		key, a, err := answered(keys, allow, found)
		if err != nil {
			return nil, 0, err
		}
		count, err := challenge.Verify(a, key.PublicKey, key.Verification == directory.PIN)
		switch {
		case err != nil:
			return key, 0, fmt.Errorf("%w: %w", ErrNotProven, err)
		case a.UserHandle != nil && !slices.Equal(a.UserHandle, key.UserHandle):
			return key, 0, fmt.Errorf("%w: it names another user", ErrNotProven)
		case !later(key.SignCount, count):
			return key, 0, fmt.Errorf("sign count %d after %d: %w", count, key.SignCount, ErrCloned)
		}
		return key, count, nil
	}
	return nil, 0, device.ErrNoCredentials
}

// answered is the key that answered, one of those that were allowed.
func answered(keys []known, allow [][]byte, found []device.Assertion) (*known, device.Assertion, error) {
	if len(found) == 0 {
		return nil, device.Assertion{}, device.ErrNoCredentials
	}
	a := found[0]
	if len(a.CredentialID) == 0 && len(allow) == 1 {
		a.CredentialID = allow[0] // may be left out where only one was allowed (CTAP 2.1 §6.2.2)
	}
	for _, id := range allow {
		if !slices.Equal(id, a.CredentialID) {
			continue
		}
		for i := range keys {
			if slices.Equal(keys[i].CredentialID, id) {
				return &keys[i], a, nil
			}
		}
	}
	return nil, device.Assertion{}, fmt.Errorf("%w: it answered with a credential it was not asked for", ErrNotProven)
}

// later tells whether a sign count follows the one kept. Keys that do not count say zero (WebAuthn §6.1.1); one
// that does not grow is the sign of a copy (§7.2, step 22).
func later(kept, count uint32) bool { return kept == 0 && count == 0 || count > kept }
