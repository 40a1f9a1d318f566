package portal

import (
	"errors"
	"net/http"

	"tapstation/app/activation"
	"tapstation/app/directory"
)

// homePage is the field for a code.
type homePage struct {
	frame
	Typed string
	Wrong bool // what was typed opens nothing
	Spent bool // it did, until too many wrong ones were tried
}

// home asks for a code.
func (p *Portal) home(w http.ResponseWriter, r *http.Request) {
	ws, err := p.Directory.Workspace(r.Context())
	if err != nil {
		p.refuse(w, r, err)
		return
	}
	f := p.frame(r, ws, nil)
	p.show(w, http.StatusOK, "home", homePage{frame: f.titled(f.T("portal.home.title"))})
}

// code leads from a code on to the page of its ticket, under an address that holds no more than a pass (passes). Who pastes
// the link is led to its page.
func (p *Portal) code(w http.ResponseWriter, r *http.Request) {
	typed := r.PostFormValue("code")
	var big *http.MaxBytesError
	if _, err := r.Body.Read(nil); errors.As(err, &big) || len(typed) > maxTyped {
		p.again(w, r, http.StatusRequestEntityTooLarge, homePage{Wrong: true})
		return
	}
	o, address, err := p.led(r, typed)
	switch {
	case err == nil && o.Ticket.Purpose == directory.ProveEmail, errors.Is(err, activation.ErrWrongCode):
		p.again(w, r, http.StatusUnprocessableEntity, homePage{Typed: typed, Wrong: true})
	case errors.Is(err, activation.ErrCodeSpent):
		p.again(w, r, http.StatusUnprocessableEntity, homePage{Spent: true})
	case err != nil:
		p.refuse(w, r, err)
	default:
		place := "/activate/"
		if o.Ticket.Purpose == directory.SetPIN {
			place = "/pin/"
		}
		http.Redirect(w, r, place+address+p.frame(r, o.Workspace, &o.User).Query, http.StatusSeeOther)
	}
}

// maxTyped bounds what is shown again of what was typed, in bytes.
const maxTyped = 4096

// led is the ticket that something typed opens, and what stands for it in an address.
func (p *Portal) led(r *http.Request, typed string) (activation.Opened, string, error) {
	if token, ok := activation.ParseLink(typed); ok {
		o, err := p.Tickets.ByLink(r.Context(), token)
		return o, token, err
	}
	o, err := p.Tickets.ByCode(r.Context(), p.source(r), typed)
	if err != nil {
		return o, "", err
	}
	pass, err := p.passes.issue(p.now(), o.Ticket.ID)
	return o, pass, err
}

// again asks once more for a code.
func (p *Portal) again(w http.ResponseWriter, r *http.Request, status int, page homePage) {
	ws, err := p.Directory.Workspace(r.Context())
	if err != nil {
		p.refuse(w, r, err)
		return
	}
	page.frame = p.frame(r, ws, nil)
	page.frame = page.titled(page.T("portal.home.title"))
	p.show(w, status, "home", page)
}
