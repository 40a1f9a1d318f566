package login

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tapstation/app/directory"
)

// demandPIN refuses a PINless key where the terms take none.
func demandPIN(k Cached, terms directory.OfflineTerms) error {
	if terms.RequirePIN && k.Verification != directory.PIN {
		return fmt.Errorf("key %q: %w", k.KeyName, directory.ErrPINDemanded)
	}
	return nil
}

// usable tells whether a key may log in now without the directory: *SpentError, *ExpiredError, directory.ErrPINDemanded.
func usable(k Cached, now time.Time) error {
	if err := demandPIN(k, k.Terms); err != nil {
		return err
	}
	if k.Terms.Logins > 0 && k.Logins >= k.Terms.Logins {
		return &SpentError{KeyName: k.KeyName, Logins: k.Terms.Logins}
	}
	if now.Before(k.Seen) {
		now = k.Seen
	}
	const day = 24 * time.Hour
	if k.Terms.Days > 0 && now.Sub(k.Written) > time.Duration(k.Terms.Days)*day {
		return &ExpiredError{KeyName: k.KeyName, Days: k.Terms.Days, Contact: k.Written}
	}
	return nil
}

// Spend counts a log-in without the directory, durably, and fails when the key may not log in so any more: with what
// usable tells, ErrCloned, or ErrNotKept. It decides, not what was read before: another process may have used the last
// log-in meanwhile.
func Spend(ctx context.Context, cache Cache, keyID string, signCount uint32, now time.Time) error {
	return cache.Change(ctx, keyID, func(k *Cached) error {
		if err := usable(*k, now); err != nil {
			return err
		}
		if !later(k.SignCount, signCount) {
			return fmt.Errorf("sign count %d after %d: %w", signCount, k.SignCount, ErrCloned)
		}
		k.SignCount = signCount
		k.Logins++
		if now.After(k.Seen) {
			k.Seen = now
		}
		return nil
	})
}

// renew notes a log-in with the directory, after which those without it are counted anew.
func renew(ctx context.Context, cache Cache, keyID string, signCount uint32, terms directory.OfflineTerms, now time.Time) error {
	err := cache.Change(ctx, keyID, func(k *Cached) error {
		k.SignCount = max(k.SignCount, signCount)
		k.Written, k.Terms, k.Logins, k.Seen = now, terms, 0, time.Time{}
		return nil
	})
	if errors.Is(err, ErrNotKept) {
		return nil // revoked meanwhile, or never kept on this machine
	}
	return err
}

// limited tells whether log-ins with a key have to be counted.
func limited(k Cached) bool { return k.Terms.Logins > 0 || k.Terms.Days > 0 }

// spent tells whether err is that a key may not log in without the directory now, rather than that nobody could look.
func spent(err error) bool {
	var spent *SpentError
	var expired *ExpiredError
	return errors.As(err, &spent) || errors.As(err, &expired) || errors.Is(err, ErrNotKept) || errors.Is(err, ErrCloned) ||
		errors.Is(err, directory.ErrPINDemanded)
}
