package activation

import (
	"context"
	"fmt"

	"tapstation/app/directory"
)

// ByID is ByLink for who opened the ticket a moment ago, by its code, and remembers its ID.
func (t *Tickets) ByID(ctx context.Context, ticketID string) (Opened, error) {
	var o Opened
	now := t.now()
	err := t.Directory.Store.View(ctx, func(tx directory.Tx) (err error) {
		o = Opened{}
		if o.Workspace, err = tx.Workspace(); err != nil {
			return err
		}
		return o.look(tx, now, ticketID)
	})
	if err != nil {
		return o, fmt.Errorf("look up the ticket: %w", err)
	}
	return o, nil
}
