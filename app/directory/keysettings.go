package directory

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tapstation/app/audit"
)

// ErrPINUnknown is a key that is to be verified by a PIN where nobody knows whether its card has one. Changing the PIN
// (enroll.Enroller.ChangePIN) finds out, and gives it one.
var ErrPINUnknown = errors.New("whether the card has a PIN is not known: tap it to set its PIN")

// KeySettings are those settings of a key that can be changed without its card.
type KeySettings struct {
	Verification Verification
	OfflineLogin bool
}

// HasPIN tells whether the card of a key is known to have a PIN.
func (k SecurityKey) HasPIN() bool {
	return k.CardPIN || k.TemporaryPIN || k.Verification == PIN && len(k.Credential.ID) > 0
}

// PINPurpose is what the PIN of a card is sealed for (SecurityKey.SealedPIN and NextPIN).
func PINPurpose(userID string) string { return "card PIN of " + userID }

// ChangeKeySettings changes what is asked of the holder of a key and whether it may log in offline. It fails with
// ErrNotFound; with ErrState for a key that is revoked; with ErrPINDemanded where PINless is asked for and the workspace
// takes none; with ErrPINUnknown where a PIN is asked for and the card may have none; with *InvalidError (field
// "verification"); and with ErrOfflineCache when only this machine's offline cache could not be told.
func (d *Directory) ChangeKeySettings(ctx context.Context, by, id string, s KeySettings) (SecurityKey, error) {
	if s.Verification != PINless && s.Verification != PIN {
		return SecurityKey{}, invalid([]FieldError{{Field: "verification", Problem: InvalidValue}})
	}
	return d.changeKey(ctx, by, ManageKeys, id, audit.KeySettingsChanged, func(tx Tx, _ time.Time, k *SecurityKey) (map[string]string, error) {
		if err := AllowOn(tx, by, ManageKeys, k.UserID); err != nil {
			return nil, err
		}
		w, err := tx.Workspace()
		if err != nil {
			return nil, err
		}
		switch {
		case k.State == Revoked:
			return nil, fmt.Errorf("it is revoked: %w", ErrState)
		case s.Verification == PINless && k.Verification != PINless && w.RequirePIN:
			return nil, ErrPINDemanded
		case s.Verification == PIN && k.Verification != PIN && k.State != Pending && !k.HasPIN():
			return nil, ErrPINUnknown
		}
		if s == (KeySettings{k.Verification, k.OfflineLogin}) {
			return nil, nil
		}
		detail := map[string]string{"name": k.Name}
		if s.Verification != k.Verification {
			detail["verification"] = string(s.Verification)
		}
		if s.OfflineLogin != k.OfflineLogin {
			detail["offline_login"] = fmt.Sprint(s.OfflineLogin)
		}
		k.CardPIN = k.HasPIN() // is no longer told by the verification
		k.Verification, k.OfflineLogin = s.Verification, s.OfflineLogin
		return detail, nil
	})
}

// KeyRow is a key and who holds it, a row of Security keys.
type KeyRow struct {
	Key  SecurityKey
	User User // only its ID where there is no such user any more
}

// KeyListing is a page of keys with their holders. It may hold fewer than asked for, even none, and still have a Next.
type KeyListing struct {
	Rows []KeyRow
	Next string // for KeyQuery.After; empty: this was the last page
}

// KeyRows is a page of keys with their holders, read in one look.
func (d *Directory) KeyRows(ctx context.Context, q KeyQuery) (KeyListing, error) {
	var list KeyListing
	err := d.Store.View(ctx, func(tx Tx) error {
		page, err := tx.Keys(q)
		if err != nil {
			return err
		}
		list = KeyListing{Rows: make([]KeyRow, len(page.Keys)), Next: page.Next}
		users := map[string]User{}
		for i, k := range page.Keys {
			u, met := users[k.UserID]
			if !met {
				u, err = tx.User(k.UserID)
				if errors.Is(err, ErrNotFound) {
					u, err = User{ID: k.UserID}, nil
				}
				if err != nil {
					return err
				}
				users[k.UserID] = u
			}
			list.Rows[i] = KeyRow{Key: k, User: u}
		}
		return nil
	})
	return list, err
}
