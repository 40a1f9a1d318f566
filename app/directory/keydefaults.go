package directory

import (
	"context"
	"errors"
	"fmt"
)

// ErrPINDemanded is a PINless key where the workspace takes none.
var ErrPINDemanded = errors.New("the workspace takes no PINless key")

// KeyDefaults are the settings that a new key of this user gets where nobody chooses otherwise, all members filled:
// those of the user's groups, of which the stricter wins, else the workspace's. A workspace that takes no PINless key
// makes it PIN whatever they say, and a user to whom nothing can be mailed chooses the PIN at the station
// (EffectivePINChooser). ErrNotFound when there is no such user.
func (d *Directory) KeyDefaults(ctx context.Context, userID string) (KeyDefaults, error) {
	var defaults KeyDefaults
	err := d.Store.View(ctx, func(tx Tx) error {
		u, err := tx.User(userID)
		if err != nil {
			return err
		}
		w, err := tx.Workspace()
		if err != nil {
			return err
		}
		defaults, err = DefaultsOf(tx, u, w)
		return err
	})
	if err != nil {
		return KeyDefaults{}, fmt.Errorf("default key settings of user %q: %w", userID, err)
	}
	return defaults, nil
}

// EffectivePINChooser is who chooses the first PIN of a card of u: a user by mail only where links can be mailed and they
// have an address to mail them to; else they choose it at the station.
func EffectivePINChooser(chooser PINChooser, w Workspace, u User) PINChooser {
	if chooser == UserMail && w.CanMail() && u.Email != "" {
		return UserMail
	}
	return UserHere
}

// DefaultsOf is KeyDefaults within a transaction that has the user and the workspace.
func DefaultsOf(tx Tx, u User, w Workspace) (KeyDefaults, error) {
	var defaults KeyDefaults
	for _, name := range u.Groups {
		g, err := tx.Group(name)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return KeyDefaults{}, fmt.Errorf("group %q: %w", name, err)
		}
		defaults = defaults.stricter(g.Defaults)
	}
	defaults = defaults.or(w)
	defaults.PINChooser = EffectivePINChooser(defaults.PINChooser, w, u)
	return defaults, nil
}

// WorkspaceDefaults are the default settings of a key of a user in no group.
func WorkspaceDefaults(w Workspace) KeyDefaults { return KeyDefaults{}.or(w) }

// stricter is what holds of both where they differ: PIN, no Offline Login, and a PIN chosen here rather than a
// temporary one.
func (k KeyDefaults) stricter(other KeyDefaults) KeyDefaults {
	if k.Verification == "" || other.Verification == PIN {
		k.Verification = either(other.Verification, k.Verification)
	}
	if k.OfflineLogin == Unset || other.OfflineLogin == Off {
		k.OfflineLogin = either(other.OfflineLogin, k.OfflineLogin)
	}
	if k.PINChooser == "" || other.PINChooser == UserHere {
		k.PINChooser = either(other.PINChooser, k.PINChooser)
	}
	return k
}

// or fills what is empty with the workspace's settings.
func (k KeyDefaults) or(w Workspace) KeyDefaults {
	offline := Off
	if w.OfflineLogin {
		offline = On
	}
	k.Verification = either(k.Verification, w.Verification)
	k.OfflineLogin = either(k.OfflineLogin, offline)
	k.PINChooser = either(k.PINChooser, w.PINChooser)
	if w.RequirePIN {
		k.Verification = PIN
	}
	return k
}

func either[T ~string](first, second T) T {
	if first != "" {
		return first
	}
	return second
}
