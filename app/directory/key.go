package directory

import (
	"context"
	"fmt"
	"time"

	"tapstation/app/audit"
)

// CanBecome tells which changes a key's state may make: disabled and back while it is in use, revoked from
// anywhere, and nothing once it is revoked. A pending key becomes active by enrollment only.
func (s KeyState) CanBecome(to KeyState) bool {
	switch to {
	case Active:
		return s == Pending || s == Disabled
	case Disabled:
		return s == Active
	case Revoked:
		return s == Pending || s == Active || s == Disabled
	}
	return false
}

// Keys is a page of security keys.
func (d *Directory) Keys(ctx context.Context, q KeyQuery) (KeyPage, error) {
	var page KeyPage
	err := d.Store.View(ctx, func(tx Tx) (err error) {
		page, err = tx.Keys(q)
		return err
	})
	return page, err
}

// Key is one security key. ErrNotFound when there is none.
func (d *Directory) Key(ctx context.Context, id string) (SecurityKey, error) {
	var k SecurityKey
	err := d.Store.View(ctx, func(tx Tx) (err error) {
		k, err = tx.Key(id)
		return err
	})
	if err != nil {
		return SecurityKey{}, fmt.Errorf("security key %q: %w", id, err)
	}
	return k, nil
}

// ValidateKeyName tells what is wrong with the name of a security key (field "key_name"); nothing when all is well.
func ValidateKeyName(name string) []FieldError {
	if p := checkName(name, MaxKeyName); p != "" {
		return []FieldError{{"key_name", p, limitOf(p, MaxKeyName)}}
	}
	return nil
}

// RenameKey gives a key another name. It fails with *InvalidError and ErrNotFound.
func (d *Directory) RenameKey(ctx context.Context, by, id, name string) (SecurityKey, error) {
	if err := invalid(ValidateKeyName(name)); err != nil {
		return SecurityKey{}, err
	}
	return d.changeKey(ctx, by, EnrollKeys, id, audit.KeyRenamed, func(_ Tx, _ time.Time, k *SecurityKey) (map[string]string, error) {
		detail := map[string]string{"from": k.Name, "to": name}
		k.Name = name
		return detail, nil
	})
}

// DisableKey keeps an active key from being used until it is enabled again. What was mailed about it opens nothing any
// more. It fails with *StateError and
// ErrNotFound, and with ErrOfflineCache when only this machine's offline cache could not be told.
func (d *Directory) DisableKey(ctx context.Context, by, id string) (SecurityKey, error) {
	return d.setState(ctx, by, id, audit.KeyDisabled, Disabled)
}

// EnableKey makes a disabled key active again; errors as with DisableKey. A pending key is made active by enrolling
// it, not here.
func (d *Directory) EnableKey(ctx context.Context, by, id string) (SecurityKey, error) {
	return d.setState(ctx, by, id, audit.KeyEnabled, Active)
}

// RevokeKey ends a key for good, and what was mailed about it; errors as with DisableKey.
func (d *Directory) RevokeKey(ctx context.Context, by, id string) (SecurityKey, error) {
	return d.setState(ctx, by, id, audit.KeyRevoked, Revoked)
}

func (d *Directory) setState(ctx context.Context, by, id string, act audit.Act, to KeyState) (SecurityKey, error) {
	return d.changeKey(ctx, by, ManageKeys, id, act, func(tx Tx, now time.Time, k *SecurityKey) (map[string]string, error) {
		if to == Active {
			if err := AllowOn(tx, by, ManageKeys, k.UserID); err != nil {
				return nil, err
			}
		}
		if !k.State.CanBecome(to) || k.State == Pending && to == Active {
			return nil, &StateError{From: k.State, To: to}
		}
		if to != Active {
			if err := CloseTickets(tx, now, k.ID, ""); err != nil {
				return nil, err
			}
		}
		detail := map[string]string{"from": string(k.State), "name": k.Name}
		k.State = to
		return detail, nil
	})
}

// changeKey changes one key, puts the act on record, and tells the offline cache. The directory comes first: a crash
// in between is made good by Reconcile at the next start, whereas a key forgotten too early might be put back by
// somebody who still sees it active. A change without detail is none: nothing is kept.
func (d *Directory) changeKey(ctx context.Context, by string, right Right, id string, act audit.Act,
	change func(Tx, time.Time, *SecurityKey) (detail map[string]string, err error)) (SecurityKey, error) {
	var k SecurityKey
	err := d.change(ctx, by, right, func(tx Tx, now time.Time) (err error) {
		if k, err = tx.Key(id); err != nil {
			return err
		}
		detail, err := change(tx, now, &k)
		if err != nil || detail == nil {
			return err
		}
		k.Changed = now
		if err := tx.PutKey(k); err != nil {
			return err
		}
		return tx.AppendAudit(audit.Entry{Time: now, Actor: by, Act: act, User: k.UserID, Key: k.ID, Detail: detail})
	})
	if err != nil {
		return SecurityKey{}, fmt.Errorf("security key %q: %w", id, err)
	}
	return k, d.RefreshOffline(ctx, k.ID)
}

// kindNames are the names suggested for keys where nobody gives one in another language.
var kindNames = map[Kind]string{Card: "Card", USBKey: "USB key", Fingerprint: "Fingerprint", Smartphone: "Smartphone"}

// SuggestKeyName is a name for a user's next key that none of their keys has had: "Card", "Card 2", ….
func (d *Directory) SuggestKeyName(ctx context.Context, userID string, kind Kind) (string, error) {
	var keys []SecurityKey
	err := d.Store.View(ctx, func(tx Tx) (err error) {
		keys, err = keysOf(tx, userID)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("suggest a key name for user %q: %w", userID, err)
	}
	return SuggestName(keys, kind, ""), nil
}

// SuggestName is a name for the next key of a user who holds keys, made of what such a key is called in the language in
// use; of its English name where base is empty.
func SuggestName(keys []SecurityKey, kind Kind, base string) string {
	if base == "" {
		base = kindNames[kind]
	}
	if base == "" {
		base = "Security key"
	}
	used := make(map[string]bool, len(keys))
	for _, k := range keys {
		used[Fold(k.Name)] = true
	}
	name := base
	for n := 2; used[Fold(name)]; n++ {
		name = fmt.Sprintf("%s %d", base, n)
	}
	return name
}
