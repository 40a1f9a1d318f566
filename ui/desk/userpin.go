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

// pinPage is the page of the tap for a new PIN on the card of a key.
type pinPage struct {
	desk  *Desk
	user  directory.User
	key   directory.SecurityKey
	back  page
	stand *tap.Stand
	all   fyne.CanvasObject
}

// newPINPage asks for the card of a key; with verification PIN the key is verified by its PIN afterwards.
func newPINPage(d *Desk, u directory.User, k directory.SecurityKey, verification directory.Verification, back page) *pinPage {
	p := &pinPage{desk: d, user: u, key: k, back: back}
	by := d.actor()
	c := &tap.Ceremony{
		Task: tap.ChangingPIN, GiveUp: d.station.Enroller.GiveUp, Board: d.station.Board, Do: d.opts.Do,
		Enroll: func(ctx context.Context, req enroll.Request, prompt enroll.Prompter) (enroll.Result, error) {
			key, err := d.station.Enroller.ChangePIN(ctx, enroll.PINChange{KeyID: k.ID, Actor: by, Verification: verification}, prompt)
			return enroll.Result{Key: key}, unlessCache(err)
		},
	}
	p.stand = tap.NewStand(c, d.openLink)
	p.stand.OnLeave = func() { d.show(p.back) }
	p.stand.SetDriverLink(d.workspace.DriverLink)
	title := text.T("user.pin.title", "Key", k.Name, "Name", u.DisplayName())
	p.all = widget.PadXY(theme.Space32, theme.Space24, container.NewBorder(
		container.NewVBox(widget.Heading(title), widget.PadXY(0, theme.Space8, widget.Rule())), nil, nil, nil, p.stand.Content))
	return p
}

func (p *pinPage) content() fyne.CanvasObject { return p.all }

func (p *pinPage) place() string { return p.desk.placeOf(p.back) }

func (p *pinPage) keys() *widget.Keys { return &widget.Keys{Enter: p.stand.Next, Escape: p.stand.Back} }

func (p *pinPage) shown() {
	p.stand.Ceremony.Start(p.user, enroll.Request{UserID: p.user.ID, Verification: directory.PIN, Actor: p.desk.actor()})
	p.stand.Shown(p.desk.window.Canvas())
}

func (p *pinPage) left() {
	p.stand.Close()
	p.desk.beside(p.desk.ctx, func(context.Context) { p.stand.Ceremony.Wait() })
}

// pause keeps the ceremony from taking a card while the window is locked.
func (p *pinPage) pause() { p.stand.Ceremony.Pause() }

func (p *pinPage) resume() { p.stand.Ceremony.Resume() }
