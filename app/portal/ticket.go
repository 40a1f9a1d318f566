package portal

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"tapstation/app/activation"
	"tapstation/app/directory"
)

// errPassOver is a page that was reached by a code so long ago that the code has to be typed again.
var errPassOver = errors.New("the page was reached by a code too long ago")

// opened is the ticket that the address of a request opens: by the token of its link, or by a pass. Nothing is changed.
// A ticket for something else than purpose is as good as none here.
func (p *Portal) opened(r *http.Request, purpose directory.Purpose) (activation.Opened, error) {
	token := r.PathValue("token")
	var (
		o   activation.Opened
		err error
	)
	if isPass(token) {
		id, ok := p.passes.open(p.now(), token)
		if !ok {
			return o, errPassOver
		}
		o, err = p.Tickets.ByID(r.Context(), id)
	} else {
		o, err = p.Tickets.ByLink(r.Context(), token)
	}
	if err == nil && o.Ticket.Purpose != purpose {
		err = fmt.Errorf("open a ticket for %s: %w", o.Ticket.Purpose, directory.ErrNotFound)
	}
	return o, err
}

// opening is the ticket's link and code as they are now. It is the zero Opening where they cannot be made on this machine:
// the page works without.
func (p *Portal) opening(ctx context.Context, ticketID string) activation.Opening {
	var o activation.Opening
	err := p.Directory.Store.View(ctx, func(tx directory.Tx) (err error) {
		o, err = p.Tickets.Opening(tx, ticketID)
		return err
	})
	if err != nil {
		return activation.Opening{}
	}
	return o
}

// otherWay is the code for a desk or a kiosk, and the link to a station on this computer.
type otherWay struct {
	Code    string // empty: it cannot be used any more
	Until   string
	QR      *qrPicture
	Renew   string       // address of the form that makes a new code; empty: there is none
	Station template.URL // tapstation://…; empty: the page was reached by a code
}

// otherWays are those of a ticket whose page a request asks for. Who came by the code has it: neither the link's token,
// which lives longer, nor another code is theirs to see.
func (p *Portal) otherWays(r *http.Request, f frame, o activation.Opened) otherWay {
	place, token := "activate", r.PathValue("token")
	if o.Ticket.Purpose == directory.SetPIN {
		place = "pin"
	}
	var way otherWay
	opening := p.opening(r.Context(), o.Ticket.ID)
	if opening.Code != "" {
		way.Code, way.Until, way.QR = opening.Code, f.DateTime(opening.CodeExpires), qrOf(opening.Code)
	}
	if !isPass(token) {
		way.Renew = "/" + place + "/" + token + "/code" + f.Query
		way.Station = template.URL("tapstation://" + place + "/" + token) // a token is base64url: the ticket was found by it
	}
	return way
}

// newCode makes another code for whoever holds the link, because the one before has run out or was guessed at.
func (p *Portal) newCode(w http.ResponseWriter, r *http.Request) {
	place, purpose := "/activate/", directory.Activate
	if strings.HasPrefix(r.URL.Path, "/pin/") {
		place, purpose = "/pin/", directory.SetPIN
	}
	o, err := p.opened(r, purpose)
	switch token := r.PathValue("token"); {
	case err != nil:
		p.refuse(w, r, err)
	case isPass(token):
		p.unknown(w, r)
	default:
		// A code that still works stays: the page may be reloaded, and the form sent twice.
		if p.opening(r.Context(), o.Ticket.ID).Code == "" {
			if _, err := p.Tickets.NewCode(r.Context(), o.Ticket.ID); err != nil {
				p.refuse(w, r, err)
				return
			}
		}
		http.Redirect(w, r, place+token+p.frame(r, o.Workspace, &o.User).Query+"#code", http.StatusSeeOther)
	}
}

// until is when a link stops working, as people write it.
func until(f frame, t time.Time) string { return f.Date(t) }
