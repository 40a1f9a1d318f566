package command

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"tapstation/app"
	"tapstation/app/activation"
	"tapstation/app/directory"
	"tapstation/app/enroll"
)

type ticketArgument struct {
	LinkOrCode string `arg:"" name:"link-or-code" help:"Link of the mail, or the code in it."`
}

type activateCommand struct {
	cardFlags
	ticketArgument
	PINChooser string `help:"Who chooses the PIN of a card without one: user_here, or user_mail for a temporary one until then; without it the default. A PIN from standard input is the user's." name:"pin-chooser" enum:"user_here,user_mail," default:"" placeholder:"WHO"`
	PINStdin   bool   `help:"Take the new or existing PIN from standard input, one line." name:"pin-stdin"`
}

type setPINCommand struct {
	cardFlags
	ticketArgument
	PINStdin bool `help:"Take PINs from standard input, a line each: the new one first, then the one the card has, where its holder has changed the temporary one already." name:"pin-stdin"`
}

// commandLine is the source of codes that are typed here.
const commandLine = "command line"

// Run makes the pending key of a ticket active by its card.
func (c *activateCommand) Run(r *run) error {
	if err := c.check(); err != nil {
		return err
	}
	return r.enroll(c.cardFlags, c.PINStdin, func(ctx context.Context, s *app.Station, _ string) (enroll.Request, error) {
		o, err := c.open(ctx, s, directory.Activate)
		if err != nil {
			return enroll.Request{}, err
		}
		defaults, err := s.Directory.KeyDefaults(ctx, o.User.ID)
		if err != nil {
			return enroll.Request{}, userError(o.User.ID, err)
		}
		chooser := defaults.PINChooser
		if c.PINChooser != "" {
			chooser = directory.PINChooser(c.PINChooser)
		}
		r.say("The card becomes %q of %s (%s).", o.Key.Name, o.User.DisplayName(), o.User.ID)
		return enroll.Request{UserID: o.User.ID, KeyID: o.Key.ID, TicketID: o.Ticket.ID, PINChooser: chooser}, nil
	})
}

// Run has the holder of a card with a temporary PIN choose their own.
func (c *setPINCommand) Run(r *run) error {
	if err := c.check(); err != nil {
		return err
	}
	return r.changePIN(c.cardFlags, func(ctx context.Context, s *app.Station, by string) (enroll.PINChange, *pinChanger, error) {
		o, err := c.open(ctx, s, directory.SetPIN)
		if err != nil {
			return enroll.PINChange{}, nil, err
		}
		p, err := r.pinChanger(ctx, c.PINStdin, false)
		if err != nil {
			return enroll.PINChange{}, nil, err
		}
		r.say("This is about the PIN of %q of %s (%s).", o.Key.Name, o.User.DisplayName(), o.User.ID)
		return enroll.PINChange{KeyID: o.Key.ID, TicketID: o.Ticket.ID, Actor: by}, p, nil
	})
}

// open looks the ticket up, which has to be for this purpose.
func (c ticketArgument) open(ctx context.Context, s *app.Station, purpose directory.Purpose) (o activation.Opened, err error) {
	token, isLink := activation.ParseLink(c.LinkOrCode)
	switch {
	case isLink:
		o, err = s.Activation.ByLink(ctx, token)
	case strings.ContainsAny(c.LinkOrCode, "/:"):
		err = errNoLink
	default:
		o, err = s.Activation.ByCode(ctx, commandLine, c.LinkOrCode)
	}
	if errors.Is(err, directory.ErrNotFound) {
		err = errNoLink
	}
	if err == nil && o.Ticket.Purpose != purpose {
		err = otherPurpose(o.Ticket.Purpose)
	}
	return o, err
}

// What a link or a code is, that is not what was asked for. None of these says the link or the code itself.
var (
	errNoLink        = errors.New("this is no link of this workspace")
	errForActivation = errors.New("the link or code is for activating a card")
	errForPIN        = errors.New("the link or code is for setting the PIN of a card")
)

func otherPurpose(p directory.Purpose) error {
	switch p {
	case directory.Activate:
		return errForActivation
	case directory.SetPIN:
		return errForPIN
	}
	return fmt.Errorf("%w: it is for something else", directory.ErrTicket)
}
