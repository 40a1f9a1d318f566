package directory

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// OfflineKey is what a log-in without the directory needs to know of one key, and no more.
type OfflineKey struct {
	KeyID        string
	KeyName      string
	UserID       string
	UserHandle   []byte
	RPID         string
	CredentialID []byte
	PublicKey    []byte // COSE_Key
	SignCount    uint32 // highest seen on this machine
	Verification Verification

	Written time.Time    // the last contact with the directory in which this key could be used
	Terms   OfflineTerms // as they were then
	Logins  int          // without the directory since
	Seen    time.Time    // the latest time of those: a clock set back must not help
}

// OfflineTerms are the workspace's rules for log-ins without the directory.
type OfflineTerms struct {
	RequirePIN bool // no PINless key
	Logins     int  // between two contacts with the directory; 0: without limit
	Days       int  // since the last contact; 0: without limit
}

// OfflineTerms are those of the workspace.
func (w Workspace) OfflineTerms() OfflineTerms {
	return OfflineTerms{RequirePIN: w.RequirePIN, Logins: w.OfflineLogins, Days: w.OfflineDays}
}

// OfflineCache is what the directory needs of the offline cache of this machine (login.Cache has more).
type OfflineCache interface {
	// Put adds or replaces the key with this KeyID.
	Put(ctx context.Context, k OfflineKey) error
	// Contact tells that at that time every key cached was found usable in the directory, on these terms. It is Written
	// of all keys from then on, and what was counted without the directory is forgotten; but it need not be kept when
	// there was another one within the hour before on the same terms.
	Contact(ctx context.Context, at time.Time, terms OfflineTerms) error
	// Forget removes keys; a missing one is no error.
	Forget(ctx context.Context, keyIDs ...string) error
	// Keys lists the IDs of all keys cached.
	Keys(ctx context.Context) ([]string, error)
}

// WorksOffline tells whether a key of this user belongs in the offline cache.
func WorksOffline(u User, k SecurityKey) bool {
	return k.OfflineLogin && k.State == Active && !u.Disabled && len(k.Credential.ID) > 0
}

// NewOfflineKey is what the offline cache keeps of a user's key, read from the directory now.
func NewOfflineKey(u User, k SecurityKey, terms OfflineTerms, now time.Time) OfflineKey {
	return OfflineKey{
		KeyID: k.ID, KeyName: k.Name, UserID: u.ID, UserHandle: u.Handle, RPID: k.RPID,
		CredentialID: k.Credential.ID, PublicKey: k.Credential.PublicKey, SignCount: k.Credential.SignCount,
		Verification: k.Verification, Written: now, Terms: terms,
	}
}

// RefreshOffline brings the offline cache of this machine in line with these keys as the directory has them now. It
// is called after a change is kept; a crash in between is made good by Reconcile. It fails with ErrOfflineCache.
func (d *Directory) RefreshOffline(ctx context.Context, keyIDs ...string) error {
	if d.Offline == nil || len(keyIDs) == 0 {
		return nil
	}
	// Whoever cancels now must not leave a revoked key behind.
	ctx = context.WithoutCancel(ctx)
	keep, forget, err := d.sortOffline(ctx, keyIDs)
	if err == nil {
		err = d.forgetOffline(ctx, forget)
	}
	if err == nil {
		err = d.putOffline(ctx, keep)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrOfflineCache, err)
	}
	return nil
}

// Reconcile goes on with what a crash has interrupted, and brings the offline cache of this machine in line with the
// whole directory; it is run at every start. Keys that may no longer log in offline are forgotten, those that may and
// are missing are put. It does nothing where there is no directory: a log-in must still work when that is away.
func (d *Directory) Reconcile(ctx context.Context) error {
	if there, err := d.Exists(ctx); err != nil || !there {
		return err
	}
	if err := d.finishRenaming(ctx); err != nil {
		return err
	}
	if d.Offline == nil {
		return nil
	}
	begun := d.now()
	w, err := d.Workspace(ctx)
	if err != nil {
		return fmt.Errorf("read the terms of Offline Login: %w", err)
	}
	cached, err := d.Offline.Keys(ctx)
	if err != nil {
		return fmt.Errorf("read the offline cache: %w", err)
	}
	missing, stale, err := d.compareOffline(ctx, cached)
	if err != nil {
		return fmt.Errorf("read the directory for the offline cache: %w", err)
	}
	if err := d.forgetOffline(ctx, stale); err != nil {
		return err
	}
	if err := d.putOffline(ctx, missing); err != nil {
		return err
	}
	return d.contactOffline(ctx, begun, w.OfflineTerms())
}

// contactOffline tells the offline cache of a contact with the directory.
func (d *Directory) contactOffline(ctx context.Context, at time.Time, terms OfflineTerms) error {
	if err := d.Offline.Contact(ctx, at, terms); err != nil {
		return fmt.Errorf("note the contact in the offline cache: %w", err)
	}
	return nil
}

// sortOffline tells which of the keys belong in the offline cache and which do not.
func (d *Directory) sortOffline(ctx context.Context, keyIDs []string) (keep []OfflineKey, forget []string, err error) {
	err = d.Store.View(ctx, func(tx Tx) error {
		keep, forget = nil, nil
		w, err := tx.Workspace()
		if err != nil {
			return err
		}
		for _, id := range keyIDs {
			k, err := tx.Key(id)
			if err != nil && !errors.Is(err, ErrNotFound) {
				return err
			}
			u, err := tx.User(k.UserID)
			if err != nil && !errors.Is(err, ErrNotFound) {
				return err
			}
			if err == nil && WorksOffline(u, k) {
				keep = append(keep, NewOfflineKey(u, k, w.OfflineTerms(), d.now()))
			} else {
				forget = append(forget, id)
			}
		}
		return nil
	})
	return keep, forget, err
}

// compareOffline reads every key that belongs in the offline cache, page by page, and tells which of them are missing
// there, and which that are there do not belong.
func (d *Directory) compareOffline(ctx context.Context, cached []string) (missing []OfflineKey, stale []string, err error) {
	unmet := make(map[string]bool, len(cached))
	for _, id := range cached {
		unmet[id] = true
	}
	q := KeyQuery{State: Active, OfflineLogin: true, Limit: 1000}
	for {
		var page KeyPage
		if page, err = d.Keys(ctx, q); err != nil {
			return nil, nil, err
		}
		ids := make([]string, len(page.Keys))
		for i, k := range page.Keys {
			ids[i] = k.ID
		}
		keep, _, err := d.sortOffline(ctx, ids)
		if err != nil {
			return nil, nil, err
		}
		for _, k := range keep {
			if !unmet[k.KeyID] {
				missing = append(missing, k)
			}
			delete(unmet, k.KeyID)
		}
		if page.Next == "" {
			break
		}
		q.After = page.Next
	}
	for id := range unmet {
		stale = append(stale, id)
	}
	return missing, stale, nil
}

func (d *Directory) forgetOffline(ctx context.Context, keyIDs []string) error {
	if len(keyIDs) == 0 {
		return nil
	}
	if err := d.Offline.Forget(ctx, keyIDs...); err != nil {
		return fmt.Errorf("forget keys in the offline cache: %w", err)
	}
	return nil
}

// putOffline puts keys, and then looks at them once more: one that was revoked, and forgotten, while it was on its
// way here would otherwise stay.
func (d *Directory) putOffline(ctx context.Context, keys []OfflineKey) error {
	ids := make([]string, len(keys))
	for i, k := range keys {
		if err := d.Offline.Put(ctx, k); err != nil {
			return fmt.Errorf("put key %q into the offline cache: %w", k.KeyID, err)
		}
		ids[i] = k.KeyID
	}
	if len(ids) == 0 {
		return nil
	}
	_, revoked, err := d.sortOffline(ctx, ids)
	if err != nil {
		return err
	}
	return d.forgetOffline(ctx, revoked)
}
