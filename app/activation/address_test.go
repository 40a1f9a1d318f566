package activation_test

import (
	"errors"
	"testing"

	"tapstation/app/activation"
	"tapstation/app/directory"
)

// TestAMailToAnAddressThatWasMendedOpensNothing: a link that went to a mistyped address is with a stranger.
func TestAMailToAnAddressThatWasMendedOpensNothing(t *testing.T) {
	for name, c := range map[string]struct {
		sent bool
		want error
	}{
		"it was sent":    {true, directory.ErrTicketWithdrawn},
		"it still waits": {false, nil}, // and goes to the new address
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			k, err := d.tickets.Assign(d.ctx(), activation.Assignment{UserID: "ada", Kind: directory.Card, Verification: directory.PIN, Actor: by})
			if err != nil {
				t.Fatal(err)
			}
			opening, err := d.tickets.Show(d.ctx(), by, k.ID)
			if err != nil {
				t.Fatal(err)
			}
			token, _ := activation.ParseLink(opening.Link)
			if c.sent {
				d.update(func(tx directory.Tx) error {
					page, err := tx.Messages(directory.MessageQuery{KeyID: k.ID})
					if err != nil {
						return err
					}
					m := page.Messages[0]
					m.State, m.Done = directory.Sent, d.now()
					return tx.PutMessage(m)
				})
			}
			if _, err := d.dir.ChangeUser(d.ctx(), by, "ada", func(u *directory.User) { u.FirstName = "Augusta" }); err != nil {
				t.Fatal(err)
			}
			if _, err := d.tickets.ByLink(d.ctx(), token); err != nil {
				t.Fatalf("the link after another change than of the address: %v, want it to open", err)
			}
			if _, err := d.dir.ChangeUser(d.ctx(), by, "ada", func(u *directory.User) { u.Email = "ada@lovelace.example" }); err != nil {
				t.Fatal(err)
			}
			if _, err := d.tickets.ByLink(d.ctx(), token); !errors.Is(err, c.want) {
				t.Errorf("the link after the address was changed: %v, want %v", err, c.want)
			}
		})
	}
}
