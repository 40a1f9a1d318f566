package activation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"tapstation/app/audit"
	"tapstation/app/directory"
)

// Assignment is a security key that a user is to activate by themselves, through what is mailed to them.
type Assignment struct {
	UserID       string
	KeyName      string                 // empty: a sensible one is made of NameBase
	NameBase     string                 // what such a key is called in the language in use; empty: in English
	Kind         directory.Kind         // empty: a card
	Verification directory.Verification // empty: the default of the user's groups and the workspace
	OfflineLogin bool
	Actor        string // for the audit log; needs EnrollKeys
}

// Assign makes a pending key and puts the mail with its link and code into the outbox, in one transaction. It fails with
// directory.ErrNotFound, ErrMailNotSetUp, ErrUserDisabled, ErrNoEmail, directory.ErrPINDemanded, ErrTicketKey, and with
// *directory.InvalidError (fields "key_name", "kind", "verification").
func (t *Tickets) Assign(ctx context.Context, a Assignment) (directory.SecurityKey, error) {
	var k directory.SecurityKey
	err := t.update(ctx, func(tx directory.Tx, now time.Time) error {
		if err := directory.AllowOn(tx, a.Actor, directory.EnrollKeys, a.UserID); err != nil {
			return err
		}
		w, err := tx.Workspace()
		if err != nil {
			return err
		}
		u, err := tx.User(a.UserID)
		if err != nil {
			return err
		}
		page, err := tx.Keys(directory.KeyQuery{UserID: u.ID, Limit: 1000})
		if err != nil {
			return err
		}
		k, err = t.assign(tx, now, w, u, page.Keys, a)
		return err
	})
	if err != nil {
		return directory.SecurityKey{}, fmt.Errorf("assign a key to user %q by mail: %w", a.UserID, err)
	}
	return k, nil
}

var kinds = []directory.Kind{directory.Card, directory.USBKey, directory.Fingerprint, directory.Smartphone}

// assign does what Assign says for who was asked, for a user who holds keys.
func (t *Tickets) assign(tx directory.Tx, now time.Time, w directory.Workspace, u directory.User, keys []directory.SecurityKey,
	a Assignment) (k directory.SecurityKey, err error) {
	if err := mailable(w, u); err != nil {
		return k, err
	}
	if a.Kind == "" {
		a.Kind = directory.Card
	}
	if a.KeyName == "" {
		a.KeyName = directory.SuggestName(keys, a.Kind, a.NameBase)
	}
	if a.Verification == "" {
		defaults, err := directory.DefaultsOf(tx, u, w)
		if err != nil {
			return k, err
		}
		a.Verification = defaults.Verification
	}
	if err := a.check(w); err != nil {
		return k, err
	}
	k = directory.SecurityKey{
		ID: newID(), UserID: u.ID, Name: a.KeyName, Kind: a.Kind, State: directory.Pending,
		Verification: a.Verification, OfflineLogin: a.OfflineLogin, RPID: w.RPID, Created: now, Changed: now,
	}
	if err := tx.PutKey(k); err != nil {
		return k, err
	}
	err = tx.AppendAudit(audit.Entry{Time: now, Actor: a.Actor, Act: audit.KeyAssigned, User: u.ID, Key: k.ID, Detail: map[string]string{
		"name": k.Name, "kind": string(k.Kind), "verification": string(k.Verification), "offline_login": strconv.FormatBool(k.OfflineLogin),
	}})
	if err != nil {
		return k, err
	}
	return k, t.mailActivation(tx, now, w, u, k)
}

func (a Assignment) check(w directory.Workspace) error {
	wrong := directory.ValidateKeyName(a.KeyName)
	if !slices.Contains(kinds, a.Kind) {
		wrong = append(wrong, directory.FieldError{Field: "kind", Problem: directory.InvalidValue})
	}
	if a.Verification != directory.PIN && a.Verification != directory.PINless {
		wrong = append(wrong, directory.FieldError{Field: "verification", Problem: directory.InvalidValue})
	}
	switch {
	case len(wrong) > 0:
		return &directory.InvalidError{Fields: wrong}
	case a.Verification == directory.PINless && w.RequirePIN:
		return directory.ErrPINDemanded
	}
	return nil
}

// mailActivation makes the ticket of a pending key, and the mail that brings it.
func (t *Tickets) mailActivation(tx directory.Tx, now time.Time, w directory.Workspace, u directory.User, k directory.SecurityKey) error {
	ticket, err := t.issue(tx, now, w, directory.Ticket{Purpose: directory.Activate, UserID: u.ID, KeyID: k.ID})
	if err != nil {
		return err
	}
	return queue(tx, now, w, directory.ActivationMail, u, ticket)
}

// QueuePINMail makes the ticket by which the holder of a key with a temporary PIN chooses their own, and puts the mail
// that brings it into the outbox. An earlier ticket of this kind is withdrawn. It is part of the transaction that keeps
// the key, whose actor was asked. It fails with ErrMailNotSetUp, ErrUserDisabled, ErrNoEmail and ErrTicketKey.
func (t *Tickets) QueuePINMail(tx directory.Tx, now time.Time, by string, w directory.Workspace, u directory.User, k directory.SecurityKey) error {
	if err := mailable(w, u); err != nil {
		return err
	}
	if err := directory.CloseTickets(tx, now, k.ID, directory.SetPIN); err != nil {
		return err
	}
	ticket, err := t.issue(tx, now, w, directory.Ticket{Purpose: directory.SetPIN, UserID: u.ID, KeyID: k.ID})
	if err != nil {
		return err
	}
	if err := queue(tx, now, w, directory.PINMail, u, ticket); err != nil {
		return err
	}
	return tx.AppendAudit(audit.Entry{Time: now, Actor: by, Act: audit.PINMailed, User: u.ID, Key: k.ID,
		Detail: map[string]string{"name": k.Name}})
}

// userOf is the user who holds a key. One who is gone is directory.ErrNotFound.
func userOf(tx directory.Tx, k directory.SecurityKey) (directory.User, error) {
	u, err := tx.User(k.UserID)
	if errors.Is(err, directory.ErrNotFound) {
		err = fmt.Errorf("user %q: %w", k.UserID, err)
	}
	return u, err
}
