// Package login proves who taps: against the directory, or, where that cannot be reached, against the offline
// cache of this machine.
package login

import (
	"context"

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
	// Change changes a key, durably and alone: two of them never see the same key. It fails with ErrNotKept when the key is
	// missing, and with the error of change, which may run more than once; then nothing is kept.
	Change(ctx context.Context, keyID string, change func(*Cached) error) error
	// Forget removes keys; a missing one is no error.
	Forget(ctx context.Context, keyIDs ...string) error
	// Keys lists the IDs of all keys cached.
	Keys(ctx context.Context) ([]string, error)
	Close() error
}
