package login

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"tapstation/app/directory"
	"tapstation/device"
)

// holder is the user who wants to log in, and all their keys.
type holder struct {
	user    directory.User // from the cache: only ID and Handle
	keys    []known
	terms   directory.OfflineTerms // from the directory only
	offline bool
}

// known is a key as the directory or the cache knows it.
type known struct {
	Cached
	state   directory.KeyState
	offline bool  // kept in the cache
	barred  error // why it may not be used although it is active

	sealedPIN []byte     // the temporary PIN that the station remembers; nil: none
	pin       device.PIN // that the card was opened with
}

// holder finds the user and their keys: in the directory, or in the cache where that cannot be reached.
func (l *Login) holder(ctx context.Context, req Request) (holder, error) {
	if req.Offline {
		return l.cached(ctx, req.UserID)
	}
	h, err := l.listed(ctx, req.UserID)
	switch {
	case err == nil:
		return h, l.refresh(ctx, &h)
	case !errors.Is(err, ErrUnreachable):
		return h, err
	}
	kept, cacheErr := l.cached(ctx, req.UserID)
	if cacheErr != nil {
		return holder{}, fmt.Errorf("%w; %w", err, cacheErr)
	}
	return kept, nil
}

// listed is the holder as the directory knows them. A directory whose file is away would read as an empty one: it
// is out of reach, and so is one that cannot be read.
func (l *Login) listed(ctx context.Context, userID string) (holder, error) {
	there, err := l.Directory.Store.Exists(ctx)
	if err == nil && !there {
		err = errors.New("its file is not there")
	}
	var h holder
	if err == nil {
		err = l.Directory.Store.View(ctx, func(tx directory.Tx) (err error) {
			h = holder{}
			if h.user, err = tx.User(userID); err != nil {
				return err
			}
			w, err := tx.Workspace()
			if err != nil {
				return err
			}
			h.terms = w.OfflineTerms()
			return eachKey(tx, directory.KeyQuery{UserID: h.user.ID}, func(k directory.SecurityKey) {
				key := fromDirectory(h.user, k)
				key.barred = demandPIN(key.Cached, h.terms)
				h.keys = append(h.keys, key)
			})
		})
	}
	switch {
	case err == nil && h.user.Disabled:
		return h, fmt.Errorf("user %q: %w", h.user.ID, ErrUserDisabled)
	case err == nil:
		return h, nil
	case errors.Is(err, directory.ErrNotFound):
		return holder{}, fmt.Errorf("user %q: %w", userID, ErrUnknownUser)
	case ctx.Err() != nil:
		return holder{}, ctx.Err()
	}
	return holder{}, fmt.Errorf("%w: %w", ErrUnreachable, err)
}

// cached is the holder as this machine keeps them.
func (l *Login) cached(ctx context.Context, userID string) (holder, error) {
	keys, err := l.Cache.ByUser(ctx, userID)
	if err != nil {
		return holder{}, fmt.Errorf("read the offline cache: %w", err)
	}
	if len(keys) == 0 {
		return holder{}, fmt.Errorf("user %q: %w", userID, ErrNotKept)
	}
	h := holder{user: directory.User{ID: keys[0].UserID, Handle: keys[0].UserHandle}, offline: true}
	for _, k := range keys {
		h.keys = append(h.keys, known{Cached: k, state: directory.Active, offline: true, barred: usable(k, l.now())})
	}
	return h, nil
}

// refresh brings directory and cache together for one user: the higher sign count counts, and the cache forgets
// what the directory no longer lets log in without it. A cache that cannot be read is no reason to keep the user
// out while the directory is there.
func (l *Login) refresh(ctx context.Context, h *holder) error {
	cached, err := l.Cache.ByUser(ctx, h.user.ID)
	if err != nil {
		return ctx.Err()
	}
	for _, c := range cached {
		i := slices.IndexFunc(h.keys, func(k known) bool { return k.KeyID == c.KeyID })
		if i < 0 || h.keys[i].state != directory.Active || !h.keys[i].offline {
			if err := l.Cache.Forget(ctx, c.KeyID); err != nil {
				return fmt.Errorf("take a key that may no longer be used off the offline cache: %w", err)
			}
			continue
		}
		h.keys[i].SignCount = max(h.keys[i].SignCount, c.SignCount)
	}
	return nil
}

// ready refuses a user who has no key that could prove them, before they tap.
func (h holder) ready() error {
	if len(h.usable()) > 0 {
		return nil
	}
	if active := h.in(directory.Active); len(active) > 0 {
		return active[0].barred
	}
	for _, state := range []directory.KeyState{directory.Disabled, directory.Pending, directory.Revoked} {
		if keys := h.in(state); len(keys) > 0 {
			return keys[0].notActive()
		}
	}
	return fmt.Errorf("user %q: %w", h.user.ID, ErrNoKey)
}

func (h holder) in(state directory.KeyState) []known {
	var keys []known
	for _, k := range h.keys {
		if k.state == state {
			keys = append(keys, k)
		}
	}
	return keys
}

// usable is the keys the holder may log in with.
func (h holder) usable() []known {
	return slices.DeleteFunc(h.in(directory.Active), func(k known) bool { return k.barred != nil })
}

// refusal is why a key may not be used.
func (k known) refusal() error {
	if k.state == directory.Active && k.barred != nil {
		return k.barred
	}
	return k.notActive()
}

func (k known) notActive() error {
	return &KeyStateError{KeyID: k.KeyID, KeyName: k.KeyName, State: k.state}
}

func fromDirectory(u directory.User, k directory.SecurityKey) known {
	key := known{Cached: directory.NewOfflineKey(u, k, directory.OfflineTerms{}, k.Changed), state: k.State, offline: k.OfflineLogin}
	if k.TemporaryPIN {
		key.sealedPIN = k.SealedPIN
	}
	return key
}

// eachKey goes through all keys that match, page by page.
func eachKey(tx directory.Tx, q directory.KeyQuery, do func(directory.SecurityKey)) error {
	for {
		page, err := tx.Keys(q)
		if err != nil {
			return err
		}
		for _, k := range page.Keys {
			do(k)
		}
		if page.Next == "" {
			return nil
		}
		q.After = page.Next
	}
}

// byRelyingParty parts keys into those of one relying party each, which are asked for together.
func byRelyingParty(keys []known) [][]known {
	var parts [][]known
	for _, k := range keys {
		i := slices.IndexFunc(parts, func(p []known) bool { return p[0].RPID == k.RPID })
		if i < 0 {
			parts, i = append(parts, nil), len(parts)
		}
		parts[i] = append(parts[i], k)
	}
	return parts
}

// lists parts the keys' credential IDs into allow lists the card takes. An ID longer than any of the card's own
// cannot be on it.
func lists(info device.Info, keys []known) [][][]byte {
	var ids [][]byte
	for _, k := range keys {
		n := len(k.CredentialID)
		if n > 0 && (info.MaxCredentialIDLen <= 0 || n <= info.MaxCredentialIDLen) {
			ids = append(ids, k.CredentialID)
		}
	}
	size := info.MaxCredentialsInList
	if size <= 0 {
		size = defaultList
	}
	return slices.Collect(slices.Chunk(ids, size))
}

// defaultList is how many credential IDs go into one allow list where the card tells no limit: at 128 bytes each
// they stay within the 1,024 bytes every card takes (CTAP 2.1 §6.4, maxMsgSize).
const defaultList = 6
