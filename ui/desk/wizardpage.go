package desk

import (
	"context"
	"net/url"

	"fyne.io/fyne/v2"

	"tapstation/app/directory"
	"tapstation/ui/widget"
	"tapstation/ui/wizard"
)

// wizardPage is the New User wizard, in the place of a page.
type wizardPage struct {
	desk   *Desk
	wizard *wizard.Wizard
	back   page // where it was opened
	over   bool // nothing in it can be lost any more
}

// openWizard begins the wizard: for user, who gets a further key, or for somebody new.
func (d *Desk) openWizard(user *directory.User, back page) {
	d.openWizardWith(wizard.Config{User: user}, back)
}

// openWizardWith begins the wizard for what c says of the user.
func (d *Desk) openWizardWith(c wizard.Config, back page) {
	p := &wizardPage{desk: d, back: back}
	c.Directory, c.Board = d.station.Directory, d.station.Board
	c.Enroll, c.GiveUp = d.station.Enroller.Enroll, d.station.Enroller.GiveUp
	c.Activation, c.EditsUsers, c.OnMail = d.station.Activation, d.may(directory.ManageUsers), d.wakeMail
	if d.may(directory.ChangeSettings) {
		c.SetUpMail = func() {
			p.over = true
			d.ShowMailSettings()
		}
	}
	c.Actor, c.Do, c.OpenLink, c.OnEnd = d.actor(), d.opts.Do, d.openLink, p.ended
	p.wizard = wizard.New(c)
	d.show(p)
}

// Wizard is the wizard if it is open, else nil.
func (d *Desk) Wizard() *wizard.Wizard {
	if p, ok := d.page.(*wizardPage); ok {
		return p.wizard
	}
	return nil
}

// ended goes back to where the wizard was opened, and says there who has been saved.
func (p *wizardPage) ended(userID string) {
	p.over = true
	p.desk.wakeMail() // a mail about a temporary PIN may have been put into the outbox
	p.desk.show(p.back)
	if u := p.desk.users; p.back == u && userID != "" {
		saved := p.wizard.State().Saved
		u.saved(&saved)
	}
}

// leave asks before something typed in the wizard is lost.
func (p *wizardPage) leave(then func()) {
	if p.over {
		then()
		return
	}
	p.wizard.Leave(func() {
		p.over = true
		then()
	})
}

// pause and resume keep the wizard from taking a card while the window is locked.
func (p *wizardPage) pause() { p.wizard.Pause() }

func (p *wizardPage) resume() { p.wizard.Resume() }

func (p *wizardPage) place() string { return usersPlace }

func (p *wizardPage) content() fyne.CanvasObject { return p.wizard.Content() }

func (p *wizardPage) keys() *widget.Keys { return p.wizard.Keys() }

func (p *wizardPage) shown() { p.wizard.Shown(p.desk.window.Canvas()) }

func (p *wizardPage) left() {
	p.wizard.Close()
	p.desk.beside(p.desk.ctx, func(context.Context) { p.wizard.Wait() })
}

// openLink shows a page of the web in the browser. A link that is none, or a system without a browser, shows nothing:
// the address itself stands beside the button.
func (d *Desk) openLink(link string) {
	u, err := url.Parse(link)
	if err != nil {
		return
	}
	if err := d.app.OpenURL(u); err != nil {
		fyne.LogError("open "+link, err)
	}
}
