package command

import (
	"context"
	"fmt"
	"io"

	"tapstation/app"
	"tapstation/app/login"
)

// whoisDocument is what whois --json prints.
type whoisDocument struct {
	User   userDocument `json:"user"`
	Key    keyDocument  `json:"key"`
	Reader string       `json:"reader"`
	Card   cardDocument `json:"card"`
	ByUID  bool         `json:"by_uid"` // only the card's UID, which can be copied, says so
}

// Run tells whose card it is.
func (c *whoisCommand) Run(r *run) error {
	if err := c.check(); err != nil {
		return err
	}
	return r.station(func(ctx context.Context, s *app.Station) error {
		if err := r.tend(ctx, s); err != nil {
			return err
		}
		var found login.Found
		err := r.waiting(ctx, c.cardFlags, s.Board, func(ctx context.Context) (err error) {
			found, err = s.Login.WhoIs(ctx, c.Reader)
			return err
		})
		if err != nil {
			return err
		}
		doc := whoisDocument{
			User: newUserDocument(found.User), Key: newKeyDocument(found.Key), Reader: found.Reader,
			Card: newCardDocument(found.ATR, found.UID), ByUID: found.ByUID,
		}
		return r.print(doc, func(w io.Writer) {
			if found.ByUID {
				r.say("By its UID: the card itself says nothing without its PIN.")
			}
			_, _ = fmt.Fprintf(w, "%q of %s (%s), %s, %s.\n", clean(found.Key.Name), clean(found.User.DisplayName()),
				clean(found.User.ID), found.Key.State, verificationText(found.Key))
		})
	})
}
