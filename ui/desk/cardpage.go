package desk

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/directory"
	"tapstation/app/enroll"
	"tapstation/assets/text"
	"tapstation/ui/tap"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// cardPage is the page of the tap for a key that is there already: its card gets another PIN, or becomes the key that
// waits for it.
type cardPage struct {
	desk  *Desk
	user  directory.User
	req   enroll.Request
	back  page
	stand *tap.Stand
	all   fyne.CanvasObject
}

// newPINPage asks for the card of a key, to give it another PIN; with verification PIN the key is verified by its PIN
// afterwards. The ticket, where there is one, is used up by it.
func newPINPage(d *Desk, u directory.User, k directory.SecurityKey, verification directory.Verification, ticketID string, back page) *cardPage {
	change := enroll.PINChange{KeyID: k.ID, Actor: d.actor(), Verification: verification, TicketID: ticketID}
	c := &tap.Ceremony{
		Task: tap.ChangingPIN,
		Enroll: func(ctx context.Context, _ enroll.Request, prompt enroll.Prompter) (enroll.Result, error) {
			key, err := d.station.Enroller.ChangePIN(ctx, change, prompt)
			return enroll.Result{Key: key}, unlessCache(err)
		},
	}
	req := enroll.Request{UserID: u.ID, Verification: directory.PIN, Actor: d.actor()}
	return newCardPage(d, text.T("user.pin.title", "Key", k.Name, "Name", u.DisplayName()), u, req, c, back)
}

// newActivationPage asks for the card that becomes a pending key. The ticket, where there is one, is used up by it; whoever
// brought it chooses the PIN here.
func newActivationPage(d *Desk, u directory.User, k directory.SecurityKey, ticketID string, chooser directory.PINChooser, back page) *cardPage {
	req := enroll.Request{
		UserID: u.ID, KeyID: k.ID, TicketID: ticketID, KeyName: k.Name, Verification: k.Verification, OfflineLogin: k.OfflineLogin,
		PINChooser: chooser, Actor: d.actor(),
	}
	return newCardPage(d, text.T("activation.title", "Key", k.Name, "Name", u.DisplayName()), u, req, &tap.Ceremony{Enroll: d.station.Enroller.Enroll}, back)
}

func newCardPage(d *Desk, title string, u directory.User, req enroll.Request, c *tap.Ceremony, back page) *cardPage {
	p := &cardPage{desk: d, user: u, req: req, back: back}
	c.GiveUp, c.Board, c.Do = d.station.Enroller.GiveUp, d.station.Board, d.opts.Do
	p.stand = tap.NewStand(c, d.openLink)
	p.stand.OnLeave = func() { d.show(p.back) }
	p.stand.SetDriverLink(d.workspace.DriverLink)
	p.all = widget.PadXY(theme.Space32, theme.Space24, container.NewBorder(
		container.NewVBox(widget.Heading(title), widget.PadXY(0, theme.Space8, widget.Rule())), nil, nil, nil, p.stand.Content))
	return p
}

// Ceremony is what asks for a card now, in the wizard or beside it; nil: nothing does.
func (d *Desk) Ceremony() *tap.Ceremony {
	switch p := d.page.(type) {
	case *wizardPage:
		return p.wizard.Ceremony()
	case *cardPage:
		return p.stand.Ceremony
	}
	return nil
}

func (p *cardPage) content() fyne.CanvasObject { return p.all }

func (p *cardPage) place() string { return p.desk.placeOf(p.back) }

func (p *cardPage) keys() *widget.Keys {
	return &widget.Keys{Enter: p.stand.Next, Escape: p.stand.Back}
}

func (p *cardPage) shown() {
	p.stand.Ceremony.Start(p.user, p.req)
	p.stand.Shown(p.desk.window.Canvas())
}

func (p *cardPage) left() {
	p.stand.Close()
	p.desk.wakeMail() // a mail about a temporary PIN may have been put into the outbox
	p.desk.beside(p.desk.ctx, func(context.Context) { p.stand.Ceremony.Wait() })
}

// pause keeps the ceremony from taking a card while the window is locked.
func (p *cardPage) pause() { p.stand.Ceremony.Pause() }

func (p *cardPage) resume() { p.stand.Ceremony.Resume() }
