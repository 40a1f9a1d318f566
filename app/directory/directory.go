package directory

import (
	"context"
	"errors"
	"time"

	"tapstation/app/audit"
)

// Directory keeps the rules over a Store: what a valid user is, which changes a key's state allows, and that
// every act is on record. Every change and its audit entry are kept in one transaction.
//
// What changes something, and what reads more than SeeDirectory lets see, takes by: who acts, for the audit log, and
// whose rights count: "os:NAME", "admin:ID" or "station". It fails with *ForbiddenError where they may not (Allow).
type Directory struct {
	Store Store
	// Offline, when not nil, is the offline cache of this machine, which is told what becomes of keys.
	Offline OfflineCache
	// Seal keeps secrets of the settings unreadable; nil: none can be kept.
	Seal Sealer
	// Now is the clock; nil: time.Now.
	Now func() time.Time
}

var errNoActor = errors.New("a change of the directory needs an actor")

// Exists tells whether there is a directory to ask. Where there is none yet, or its file is away, the methods that
// read see an empty one.
func (d *Directory) Exists(ctx context.Context) (bool, error) { return d.Store.Exists(ctx) }

// now is the time a store can keep: UTC, to the microsecond.
func (d *Directory) now() time.Time {
	now := time.Now
	if d.Now != nil {
		now = d.Now
	}
	return now().UTC().Truncate(time.Microsecond)
}

// change runs do in one transaction on behalf of an actor who has the right. What is done to a user or to what they
// hold asks AllowOn besides.
func (d *Directory) change(ctx context.Context, by string, right Right, do func(tx Tx, now time.Time) error) error {
	now := d.now()
	return d.Store.Update(ctx, func(tx Tx) error {
		if err := Allow(tx, by, right); err != nil {
			return err
		}
		return do(tx, now)
	})
}

// look runs do in one look on behalf of an actor who has the right.
func (d *Directory) look(ctx context.Context, by string, right Right, do func(tx Tx) error) error {
	return d.Store.View(ctx, func(tx Tx) error {
		if err := Allow(tx, by, right); err != nil {
			return err
		}
		return do(tx)
	})
}

// Look fails with *ForbiddenError when by may not do what right is about.
func (d *Directory) Look(ctx context.Context, by string, right Right) error {
	return d.look(ctx, by, right, func(Tx) error { return nil })
}

// Record puts on record what by has done, who must have the right to it: the time and the actor are filled in here.
func (d *Directory) Record(ctx context.Context, by string, right Right, e audit.Entry) error {
	return d.change(ctx, by, right, func(tx Tx, now time.Time) error {
		e.Time, e.Actor = now, by
		return tx.AppendAudit(e)
	})
}

// Workspace is the organisation's settings.
func (d *Directory) Workspace(ctx context.Context) (Workspace, error) {
	var w Workspace
	err := d.Store.View(ctx, func(tx Tx) (err error) {
		w, err = tx.Workspace()
		return err
	})
	return w, err
}

// Audit is a part of the record of all acts, in their order.
func (d *Directory) Audit(ctx context.Context, by string, q AuditQuery) ([]audit.Entry, error) {
	var entries []audit.Entry
	err := d.look(ctx, by, SeeActivities, func(tx Tx) (err error) {
		entries, err = tx.Audit(q)
		return err
	})
	return entries, err
}

// Activities is a page of the record of all acts, the newest first.
func (d *Directory) Activities(ctx context.Context, by string, q ActivityQuery) (ActivityPage, error) {
	var page ActivityPage
	err := d.look(ctx, by, SeeActivities, func(tx Tx) (err error) {
		page, err = tx.Activities(q)
		return err
	})
	return page, err
}

// VerifyAudit walks the whole audit log and fails with audit.ErrBroken, wrapped with the first place where it was
// changed afterwards. It reads page by page, so that writers are not kept out meanwhile.
func (d *Directory) VerifyAudit(ctx context.Context, by string) error {
	const page = 2000
	var chain audit.Chain
	for end := false; !end; {
		err := d.look(ctx, by, SeeActivities, func(tx Tx) error {
			entries, err := tx.Audit(AuditQuery{From: chain.Next(), Limit: page})
			if err != nil {
				return err
			}
			next := chain // View may run this more than once
			for _, e := range entries {
				if err := next.Add(e); err != nil {
					return err
				}
			}
			if len(entries) < page {
				head, err := tx.AuditHead()
				if err != nil {
					return err
				}
				if err := next.End(head); err != nil {
					return err
				}
				end = true
			}
			chain = next
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
