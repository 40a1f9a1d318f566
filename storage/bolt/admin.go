package bolt

import (
	"errors"
	"fmt"

	"tapstation/app/directory"
	"tapstation/storage/boltfile"
)

func (t *tx) Admin(userID string) (a directory.Admin, err error) {
	defer t.guard(&err)
	key, err := name(userID)
	if err != nil {
		return a, directory.ErrNotFound
	}
	r, err := record[adminRecord](t, admins, key)
	return r.admin(), err
}

func (t *tx) Admins() (all []directory.Admin, err error) {
	defer t.guard(&err)
	for _, raw := range t.scan(admins, nil, nil) {
		if err := t.alive(); err != nil {
			return nil, err
		}
		r, err := boltfile.Decode[adminRecord](raw)
		if err != nil {
			return nil, err
		}
		all = append(all, r.admin())
	}
	return all, nil
}

func (t *tx) PutAdmin(a directory.Admin) (err error) {
	defer t.guard(&err)
	key, err := name(a.UserID)
	if err != nil {
		return fmt.Errorf("user ID: %w", err)
	}
	return keep(t, admins, key, keepAdmin(a))
}

func (t *tx) Guesses() (g directory.Guesses, err error) {
	defer t.guard(&err)
	r, err := record[guessesRecord](t, settings, guessesKey)
	if errors.Is(err, directory.ErrNotFound) {
		return directory.Guesses{}, nil
	}
	return r.guesses(), err
}

func (t *tx) PutGuesses(g directory.Guesses) (err error) {
	defer t.guard(&err)
	return keep(t, settings, guessesKey, keepGuesses(g))
}

func (t *tx) DeleteAdmin(userID string) (err error) {
	defer t.guard(&err)
	key, err := name(userID)
	if err != nil || !t.has(admins, key) {
		return directory.ErrNotFound
	}
	return t.delete(admins, key)
}
