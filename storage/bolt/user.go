package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

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
	id := t.get(userIndex, handleKey(handle))
	if id == nil {
		return u, directory.ErrNotFound
	}
	return t.user(id)
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
	if owner := t.get(userIndex, handleKey(u.Handle)); owner != nil && string(owner) != string(key) {
		return fmt.Errorf("handle of user %q: %w", u.ID, directory.ErrExists)
	}
	var before []entry
	switch old, err := t.user(key); {
	case err == nil:
		before = userEntries(key, old)
	case !errors.Is(err, directory.ErrNotFound):
		return err
	}
	if err := keep(t, users, key, keepUser(u)); err != nil {
		return fmt.Errorf("keep user %q: %w", u.ID, err)
	}
	return t.reindex(userIndex, before, userEntries(key, u))
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
	if err := t.delete(users, key); err != nil {
		return err
	}
	return t.reindex(userIndex, userEntries(key, old), nil)
}

// maxWord is how many bytes of a word are in the index. What is longer is found by its beginning.
const maxWord = 255

// userEntries are the index entries of the user kept under key.
func userEntries(key []byte, u directory.User) []entry {
	words := u.SearchWords()
	slices.Sort(words)
	entries := make([]entry, 0, 2+len(words)+len(u.Groups))
	if len(u.Handle) > 0 {
		entries = append(entries, entry{handleKey(u.Handle), key})
	}
	var text strings.Builder
	for _, w := range words {
		text.WriteByte(0)
		text.WriteString(w)
		if !bytes.HasPrefix(key, []byte(w)) { // those are found by the ID itself, in its order
			entries = append(entries, entry{append(append(wordKey(w), 0), key...), nil})
		}
	}
	entries = append(entries, entry{textKey(key), []byte(text.String())})
	for _, g := range u.Groups {
		entries = append(entries, entry{append(groupKey(g), key...), nil})
	}
	return entries
}

func handleKey(handle []byte) []byte { return append([]byte("h"), handle...) }

func textKey(user []byte) []byte { return append([]byte("t"), user...) }

// wordKey is what the entries of all words that begin like w begin with.
func wordKey(w string) []byte {
	if len(w) > maxWord {
		w = w[:maxWord]
		for !utf8.ValidString(w) {
			w = w[:len(w)-1]
		}
	}
	return append([]byte("w"), w...)
}

// groupKey is what the entries of a group's users begin with.
func groupKey(group string) []byte {
	return append(append([]byte("g"), directory.Fold(group)...), 0)
}
