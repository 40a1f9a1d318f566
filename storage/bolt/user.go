package bolt

import (
	"bytes"
	"errors"
	"fmt"

	"tapstation/app/directory"
	"tapstation/storage/boltfile"
)

func (t *tx) User(id string) (u directory.User, err error) {
	defer t.guard(&err)
	key, err := name(id)
	if err != nil {
		return u, directory.ErrNotFound
	}
	return t.user(key)
}

func (t *tx) user(key []byte) (directory.User, error) {
	r, err := record[userRecord](t, users, key)
	return r.user(), err
}

func (t *tx) UserByHandle(handle []byte) (u directory.User, err error) {
	defer t.guard(&err)
	if len(handle) == 0 {
		return u, directory.ErrNotFound
	}
	raw := t.get(userIndex, ordinalKey(nil, handle))
	if raw == nil {
		return u, directory.ErrNotFound
	}
	ordinal, err := parseOrdinal(raw)
	if err != nil {
		return u, err
	}
	key, err := t.userAt(ordinal)
	if err != nil {
		return u, err
	}
	return t.user(key)
}

func (t *tx) PutUser(u directory.User) (err error) {
	defer t.guard(&err)
	key, err := name(u.ID)
	if err != nil {
		return fmt.Errorf("user ID: %w", err)
	}
	for _, g := range u.Groups {
		if _, err := name(g); err != nil {
			return fmt.Errorf("group: %w", err)
		}
	}
	if len(u.Handle) > maxName {
		return fmt.Errorf("handle: %w", boltfile.ErrTooLarge)
	}
	if !t.writable {
		return errReadOnly
	}
	old, err := t.user(key)
	known := err == nil
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return err
	}
	var ordinal uint32
	if known {
		if ordinal, err = t.ordinalOf(key, old); err != nil {
			return err
		}
	}
	if err := t.handleFree(u, ordinal, known); err != nil {
		return err
	}
	if !known {
		if ordinal, err = t.newOrdinal(); err != nil {
			return err
		}
	}
	if err := keep(t, users, key, keepUser(u)); err != nil {
		return fmt.Errorf("keep user %q: %w", u.ID, err)
	}
	if known && !bytes.Equal(old.Handle, u.Handle) {
		if err := t.delete(userIndex, ordinalKey(key, old.Handle)); err != nil {
			return err
		}
	}
	if err := t.put(userIndex, ordinalKey(key, u.Handle), ordinalValue(ordinal)); err != nil {
		return err
	}
	if !known {
		return t.indexUser(key, ordinal, nil, u)
	}
	return t.indexUser(key, ordinal, &old, u)
}

// handleFree fails with directory.ErrExists when somebody else has the handle of u, who is known by ordinal, or not yet.
func (t *tx) handleFree(u directory.User, ordinal uint32, known bool) error {
	if len(u.Handle) == 0 {
		return nil
	}
	raw := t.get(userIndex, ordinalKey(nil, u.Handle))
	if raw == nil {
		return nil
	}
	owner, err := parseOrdinal(raw)
	if err != nil {
		return err
	}
	if !known || owner != ordinal {
		return fmt.Errorf("handle of user %q: %w", u.ID, directory.ErrExists)
	}
	return nil
}

func (t *tx) DeleteUser(id string) (err error) {
	defer t.guard(&err)
	key, err := name(id)
	if err != nil {
		return directory.ErrNotFound
	}
	old, err := t.user(key)
	if err != nil {
		return err
	}
	if !t.writable {
		return errReadOnly
	}
	ordinal, err := t.ordinalOf(key, old)
	if err != nil {
		return err
	}
	if err := t.delete(users, key); err != nil {
		return err
	}
	if err := t.delete(userIndex, ordinalKey(key, old.Handle)); err != nil {
		return err
	}
	return t.unindexUser(key, ordinal, old)
}

// indexUser has the index know the user kept under key as u, where it knew old; nil: nobody.
func (t *tx) indexUser(key []byte, ordinal uint32, old *directory.User, u directory.User) error {
	document := documentOf(key, u)
	if old == nil || !bytes.Equal(document, documentOf(key, *old)) {
		if err := t.putDocument(ordinal, document); err != nil {
			return err
		}
	}
	if err := t.setFlag(ordinal, isUser, true); err != nil {
		return err
	}
	if err := t.setFlag(ordinal, isDisabled, u.Disabled); err != nil {
		return err
	}
	joined := foldedGroups(u)
	if old == nil {
		setIn(&t.index.holders, string(key), holder{ordinal, true}) // keys may have been there before the user
	} else {
		for g := range foldedGroups(*old) {
			if !joined[g] {
				if err := t.setGroup(ordinal, g, false); err != nil {
					return err
				}
			}
			delete(joined, g)
		}
	}
	for g := range joined {
		if err := t.setGroup(ordinal, g, true); err != nil {
			return err
		}
	}
	return nil
}

// unindexUser has the index forget a user.
func (t *tx) unindexUser(key []byte, ordinal uint32, old directory.User) error {
	for f := range flags {
		if err := t.setFlag(ordinal, f, false); err != nil {
			return err
		}
	}
	for g := range foldedGroups(old) {
		if err := t.setGroup(ordinal, g, false); err != nil {
			return err
		}
	}
	delete(t.index.holders, string(key))
	if err := t.putDocument(ordinal, nil); err != nil {
		return err
	}
	return t.freeOrdinal(ordinal)
}

// foldedGroups are the groups of a user, as they are compared.
func foldedGroups(u directory.User) map[string]bool {
	folded := make(map[string]bool, len(u.Groups))
	for _, g := range u.Groups {
		folded[directory.Fold(g)] = true
	}
	return folded
}

// holderChanged says that the security keys of a user, who may not be there, have changed.
func (t *tx) holderChanged(userID string) {
	key := directory.Fold(userID)
	if _, waits := t.index.holders[key]; !waits {
		setIn(&t.index.holders, key, holder{})
	}
}
