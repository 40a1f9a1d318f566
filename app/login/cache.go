// Package login proves who taps: against the directory, or, where that cannot be reached, against the offline
// cache of this machine.
package login

import (
	"context"
	"time"

	"tapstation/app/directory"
)

// Cached is what a log-in without the directory needs to know of one key, and no more.
type Cached = directory.OfflineKey

// Cache keeps Cached keys on this machine. It is another file than the directory's, and may be read while that is
// missing.
type Cache interface {
	// ByUser is the keys of one user, whatever the case of the ID; none is no error.
	ByUser(ctx context.Context, userID string) ([]Cached, error)
	// Put adds or replaces the key with this KeyID.
	Put(ctx context.Context, c Cached) error
	// Count raises the sign count kept for a key; a lower one changes nothing.
	Count(ctx context.Context, keyID string, signCount uint32) error
	// Forget removes keys; a missing one is no error.
	Forget(ctx context.Context, keyIDs ...string) error
	// Keys lists the IDs of all keys cached.
	Keys(ctx context.Context) ([]string, error)
	Close() error
}

// FromKey is what is cached of an active key of user.
func FromKey(user directory.User, k directory.SecurityKey, now time.Time) Cached {
	return directory.NewOfflineKey(user, k, now)
}
