package directory

import (
	"context"
	"fmt"
	"time"

	"tapstation/app/audit"
)

// RecordExport puts on record that users are about to be taken out of the house. Detail says which, and where to.
func (d *Directory) RecordExport(ctx context.Context, by string, detail map[string]string) error {
	err := d.change(ctx, by, ExportUsers, func(tx Tx, now time.Time) error {
		return tx.AppendAudit(audit.Entry{Time: now, Actor: by, Act: audit.UsersExported, Detail: detail})
	})
	if err != nil {
		return fmt.Errorf("put the export on record: %w", err)
	}
	return nil
}

// ExportPage is a page of users for those who may export them.
func (d *Directory) ExportPage(ctx context.Context, by string, q UserQuery) (UserPage, error) {
	var page UserPage
	err := d.look(ctx, by, ExportUsers, func(tx Tx) (err error) {
		page, err = tx.Users(q)
		return err
	})
	return page, err
}

// ExportUsersByID are these users, for those who may export them; ErrNotFound when one is not there.
func (d *Directory) ExportUsersByID(ctx context.Context, by string, ids []string) ([]User, error) {
	var users []User
	err := d.look(ctx, by, ExportUsers, func(tx Tx) error {
		users = make([]User, 0, len(ids))
		for _, id := range ids {
			u, err := tx.User(id)
			if err != nil {
				return fmt.Errorf("user %q: %w", id, err)
			}
			users = append(users, u)
		}
		return nil
	})
	return users, err
}
