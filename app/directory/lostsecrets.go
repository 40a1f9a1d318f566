package directory

import (
	"context"
	"errors"
)

// KeyHolder tells whether something was sealed with the key that this machine has.
type KeyHolder interface {
	Sealed(sealed []byte) (bool, error)
}

// LostSecrets are the names of the secrets that nothing on this machine will ever open, as after a backup was restored that
// another machine made: SMTPPassword and DKIMKey must be entered again, TicketKey be made again.
func (d *Directory) LostSecrets(ctx context.Context, holder KeyHolder) (names []string, err error) {
	err = d.Store.View(ctx, func(tx Tx) error {
		names = nil
		for _, name := range []string{SMTPPassword, DKIMKey, TicketKey} {
			sealed, err := tx.Secret(name)
			if errors.Is(err, ErrNotFound) {
				continue
			}
			ours := false
			if err == nil {
				ours, err = holder.Sealed(sealed)
			}
			if err != nil {
				return err
			}
			if !ours {
				names = append(names, name)
			}
		}
		return nil
	})
	return names, err
}
