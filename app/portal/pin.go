package portal

import (
	"errors"
	"net/http"

	"tapstation/app/activation"
	"tapstation/app/directory"
)

// pinPage is the page behind a link for choosing a PIN.
type pinPage struct {
	frame
	FirstName string
	Key       string
	Card      bool
	PINLength int
	Until     string

	PIN    string // the temporary PIN, this once
	Shown  string // when it was shown; empty: not yet
	Unsure bool   // a change was begun at a station: only there it goes on
	Done   bool

	System system
	Here   bool   // this system can change the PIN of such a key
	Asked  string // where the forms of this page go
	Way    otherWay
}

// Steps are the names of the advice for other systems than the one in use.
func (p pinPage) Steps() []system {
	var others []system
	for _, s := range []system{onWindows, onMac, onLinux} {
		if s != p.System {
			others = append(others, s)
		}
	}
	return others
}

// pin explains. It changes nothing.
func (p *Portal) pin(w http.ResponseWriter, r *http.Request) {
	o, err := p.opened(r, directory.SetPIN)
	if err != nil {
		p.refusePIN(w, r, err)
		return
	}
	p.show(w, http.StatusOK, "pin", p.pinPage(r, o))
}

func (p *Portal) pinPage(r *http.Request, o activation.Opened) pinPage {
	f := p.frame(r, o.Workspace, &o.User)
	on := systemOf(r.UserAgent())
	page := pinPage{
		frame: f.titled(f.T("portal.pin.title")), FirstName: firstName(o.User), Key: o.Key.Name, Card: o.Key.Kind == directory.Card,
		PINLength: o.Workspace.PINPolicy.MinLength, Until: until(f, o.Ticket.Expires),
		Unsure: o.Key.NextPIN != nil || o.Key.SealedPIN == nil,
		System: on, Here: on == onWindows || o.Key.Kind != directory.Card && !on.phone(),
		Asked: "/pin/" + r.PathValue("token"), Way: p.otherWays(r, f, o),
	}
	if !o.Ticket.Shown.IsZero() {
		page.Shown = f.DateTime(o.Ticket.Shown)
	}
	return page
}

// showPIN shows the temporary PIN, once.
func (p *Portal) showPIN(w http.ResponseWriter, r *http.Request) {
	o, err := p.opened(r, directory.SetPIN)
	if err != nil {
		p.refusePIN(w, r, err)
		return
	}
	// All that can fail comes before the PIN is spent.
	page := p.pinPage(r, o)
	pin, err := p.Tickets.ShowPIN(r.Context(), o.Ticket.ID)
	status := http.StatusOK
	switch {
	case errors.Is(err, activation.ErrPINShown), errors.Is(err, activation.ErrPINUnsure):
		status = http.StatusConflict
		if again, err := p.opened(r, directory.SetPIN); err == nil {
			page = p.pinPage(r, again)
		}
	case err != nil:
		p.refusePIN(w, r, err)
		return
	default:
		page.PIN, page.Shown = string(pin), page.DateTime(p.now())
	}
	p.show(w, status, "pin", page)
}

// pinChosen notes that the holder has chosen a PIN.
func (p *Portal) pinChosen(w http.ResponseWriter, r *http.Request) {
	o, err := p.opened(r, directory.SetPIN)
	if err != nil {
		p.refusePIN(w, r, err)
		return
	}
	page := p.pinPage(r, o)
	err = p.Tickets.PINChosen(r.Context(), o.Ticket.ID)
	switch {
	case errors.Is(err, activation.ErrPINNotShown), errors.Is(err, activation.ErrPINUnsure):
		p.show(w, http.StatusConflict, "pin", page)
	case err != nil:
		p.refusePIN(w, r, err)
	default:
		page.Done = true
		page.frame = page.titled(page.T("portal.pin.done.title"))
		p.show(w, http.StatusOK, "pin", page)
	}
}

// refusePIN is refuse for the pages about a PIN.
func (p *Portal) refusePIN(w http.ResponseWriter, r *http.Request, err error) {
	kind, status := p.trouble(w, err)
	if kind == "used" {
		kind = "used_pin"
	}
	p.problem(w, r, status, kind)
}
