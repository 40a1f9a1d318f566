package activation

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"tapstation/app/directory"
)

const (
	// batch is how many users one transaction looks at: more would keep other writers, a window among them, waiting.
	batch = 100
	// patience is how often a batch is tried while another program works on the data folder; each try waits by itself.
	patience = 20
	// mostNamed is how many of those who were skipped are named.
	mostNamed = 1000
)

// BulkAssignment is a security key for each of many users, as Assignment is for one.
type BulkAssignment struct {
	Users        iter.Seq2[string, error] // their User IDs (Users, UsersOf); an error ends it
	NameBase     string
	Kind         directory.Kind         // empty: a card
	Verification directory.Verification // empty: the default of each user's groups and the workspace
	OfflineLogin directory.Choice       // likewise
	Actor        string                 // needs EnrollKeys
}

// SkipReason is why a user got no key, a stable word.
type SkipReason string

// Reasons.
const (
	NoSuchUser   SkipReason = "not_found"
	SkipDisabled SkipReason = "disabled"
	NoAddress    SkipReason = "no_email"
	HasKey       SkipReason = "has_key" // of this kind, pending or active
	NotAllowed   SkipReason = "not_allowed"
)

// Skipped is a user who got no key.
type Skipped struct {
	UserID string
	Reason SkipReason
}

// BulkReport is what became of many.
type BulkReport struct {
	Assigned int
	Skipped  map[SkipReason]int
	Users    []Skipped // the first thousand
}

// Users are those with these User IDs.
func Users(ids []string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, id := range ids {
			if !yield(id, nil) {
				return
			}
		}
	}
}

// UsersOf are the users that match, read page by page while they are gone through.
func (t *Tickets) UsersOf(ctx context.Context, q directory.UserQuery) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		q.After, q.Limit = "", 1000
		for {
			var page directory.UserPage
			err := t.Directory.Store.View(ctx, func(tx directory.Tx) (err error) {
				page, err = tx.Users(q)
				return err
			})
			if err != nil {
				yield("", err)
				return
			}
			for _, u := range page.Users {
				if !yield(u.ID, nil) {
					return
				}
			}
			if page.Next == "" {
				return
			}
			q.After = page.Next
		}
	}
}

// AssignAll assigns a key to each of many users and queues their mails, batch by batch, each batch one short transaction.
// Users who have a pending or active key of this kind are skipped, so that what was stopped, by ctx or by a crash, is
// gone on with by doing it again; the report, which tells what was kept, comes with the error too. It fails with
// ErrMailNotSetUp, *directory.ForbiddenError, directory.ErrPINDemanded, *directory.InvalidError, ErrTicketKey.
func (t *Tickets) AssignAll(ctx context.Context, a BulkAssignment, progress func(done int)) (BulkReport, error) {
	report := BulkReport{Skipped: map[SkipReason]int{}}
	done := 0
	assign := func(ids []string) error {
		if err := t.assignBatch(ctx, a, ids, &report); err != nil {
			return err
		}
		if done += len(ids); progress != nil {
			progress(done)
		}
		return ctx.Err()
	}
	ids := make([]string, 0, batch)
	for id, err := range a.Users {
		if err != nil {
			return report, fmt.Errorf("read whom to assign keys to: %w", err)
		}
		if ids = append(ids, id); len(ids) == batch {
			if err := assign(ids); err != nil {
				return report, err
			}
			ids = ids[:0]
		}
	}
	if len(ids) > 0 || done == 0 { // nobody at all still needs leave
		return report, assign(ids)
	}
	return report, nil
}

// assignBatch is one transaction, and waits for other programs that have the data folder.
func (t *Tickets) assignBatch(ctx context.Context, a BulkAssignment, ids []string, report *BulkReport) error {
	var err error
	for range patience {
		var did BulkReport
		err = t.update(ctx, func(tx directory.Tx, now time.Time) (err error) {
			did, err = t.assignSome(tx, now, a, ids)
			return err
		})
		if err == nil {
			report.add(did)
			return nil
		}
		if !errors.Is(err, directory.ErrBusy) {
			break
		}
	}
	return fmt.Errorf("assign keys by mail: %w", err)
}

func (r *BulkReport) add(did BulkReport) {
	r.Assigned += did.Assigned
	for reason, n := range did.Skipped {
		r.Skipped[reason] += n
	}
	r.Users = append(r.Users, did.Users[:min(len(did.Users), mostNamed-len(r.Users))]...)
}

func (t *Tickets) assignSome(tx directory.Tx, now time.Time, a BulkAssignment, ids []string) (BulkReport, error) {
	did := BulkReport{Skipped: map[SkipReason]int{}}
	if err := directory.Allow(tx, a.Actor, directory.EnrollKeys); err != nil {
		return did, err
	}
	w, err := tx.Workspace()
	if err != nil {
		return did, err
	}
	if !w.CanMail() {
		return did, ErrMailNotSetUp
	}
	for _, id := range ids {
		reason, err := t.assignOne(tx, now, w, a, id)
		if err != nil {
			return did, fmt.Errorf("user %q: %w", id, err)
		}
		if reason == "" {
			did.Assigned++
			continue
		}
		did.Skipped[reason]++
		did.Users = append(did.Users, Skipped{UserID: id, Reason: reason})
	}
	return did, nil
}

func (t *Tickets) assignOne(tx directory.Tx, now time.Time, w directory.Workspace, a BulkAssignment, id string) (SkipReason, error) {
	u, err := tx.User(id)
	switch {
	case errors.Is(err, directory.ErrNotFound):
		return NoSuchUser, nil
	case err != nil:
		return "", err
	}
	switch err := mailable(w, u); {
	case errors.Is(err, ErrUserDisabled):
		return SkipDisabled, nil
	case errors.Is(err, ErrNoEmail):
		return NoAddress, nil
	case err != nil:
		return "", err
	}
	switch err := directory.AllowOn(tx, a.Actor, directory.EnrollKeys, u.ID); {
	case errors.Is(err, directory.ErrForbidden):
		return NotAllowed, nil
	case err != nil:
		return "", err
	}
	page, err := tx.Keys(directory.KeyQuery{UserID: u.ID, Limit: 1000})
	if err != nil {
		return "", err
	}
	one := Assignment{UserID: u.ID, NameBase: a.NameBase, Kind: a.Kind, Verification: a.Verification,
		OfflineLogin: a.OfflineLogin == directory.On, Actor: a.Actor}
	if one.Kind == "" {
		one.Kind = directory.Card
	}
	if slices.ContainsFunc(page.Keys, func(k directory.SecurityKey) bool {
		return k.Kind == one.Kind && (k.State == directory.Pending || k.State == directory.Active)
	}) {
		return HasKey, nil
	}
	if one.Verification == "" || a.OfflineLogin == directory.Unset {
		defaults, err := directory.DefaultsOf(tx, u, w)
		if err != nil {
			return "", err
		}
		if one.Verification == "" {
			one.Verification = defaults.Verification
		}
		if a.OfflineLogin == directory.Unset {
			one.OfflineLogin = defaults.OfflineLogin == directory.On
		}
	}
	_, err = t.assign(tx, now, w, u, page.Keys, one)
	return "", err
}
