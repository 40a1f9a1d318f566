package portal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"tapstation/app/activation"
	"tapstation/app/directory"
	"tapstation/app/rp"
)

// activatePage is the page behind an activation link.
type activatePage struct {
	frame
	FirstName string
	Key       string // its name
	Card      bool   // the key is a card, not a USB key or a phone
	PIN       bool   // it will be used with a PIN
	PINLength int
	Until     string
	Driver    string // where a reader's driver is found; may be empty

	Phone   bool // a card is held to the back of this one
	NoCards bool // browsers on this system take no card

	Begin, End string // addresses that the script calls
	Way        otherWay
}

// Problems are what the script may have to tell, by the words it and refuseJSON know.
func (activatePage) Problems() []string {
	return []string{
		"cancelled", "exists", "unsuitable", "address", "insecure", "browser", "network", // the browser's
		"refused", "model", "attestation", "over", "taken", "busy", "failed", // ours
	}
}

// activation shows what is about to happen. It changes nothing.
func (p *Portal) activation(w http.ResponseWriter, r *http.Request) {
	o, err := p.opened(r, directory.Activate)
	if err != nil {
		p.refuse(w, r, err)
		return
	}
	f := p.frame(r, o.Workspace, &o.User)
	f.Script = true
	on := systemOf(r.UserAgent())
	here := "/activate/" + r.PathValue("token")
	p.show(w, http.StatusOK, "activate", activatePage{
		frame: f.titled(f.T("portal.activate.title")), FirstName: firstName(o.User), Key: o.Key.Name,
		Card: o.Key.Kind == directory.Card, PIN: o.Key.Verification == directory.PIN,
		PINLength: o.Workspace.PINPolicy.MinLength, Until: until(f, o.Ticket.Expires), Driver: o.Workspace.DriverLink,
		Phone: on.phone(), NoCards: o.Key.Kind == directory.Card && !on.readsCards(),
		Begin: here + "/begin" + f.Query, End: here + "/end" + f.Query, Way: p.otherWays(r, f, o),
	})
}

// firstName is what a page calls a person: no more of them than is needed to see that it is meant for them.
func firstName(u directory.User) string {
	if u.FirstName != "" {
		return u.FirstName
	}
	return u.UserName
}

// begin answers with the options of the registration, {"publicKey": …}.
func (p *Portal) begin(w http.ResponseWriter, r *http.Request) {
	o, err := p.opened(r, directory.Activate)
	if err != nil {
		p.refuseJSON(w, err)
		return
	}
	creation, options, err := p.registration(r, o)
	if err != nil {
		p.refuseJSON(w, err)
		return
	}
	p.challenges.put(p.now(), string(creation.Challenge), challenge{o.Ticket.ID, o.Key.Verification, creation, p.now().Add(challengeLife)})
	p.answer(w, http.StatusOK, struct {
		PublicKey json.RawMessage `json:"publicKey"`
	}{options})
}

// registration begins one for a pending key, by its settings.
func (p *Portal) registration(r *http.Request, o activation.Opened) (rp.Creation, []byte, error) {
	party, err := rp.NewWorkspace(o.Workspace, p.origins(r, o.Workspace)...)
	if err != nil {
		return rp.Creation{}, nil, err
	}
	exclude, err := p.held(r.Context(), o)
	if err != nil {
		return rp.Creation{}, nil, fmt.Errorf("look for the user's keys: %w", err)
	}
	creation, err := party.Begin(r.Context(), o.User, o.Key.Verification, exclude)
	if err != nil {
		return rp.Creation{}, nil, err
	}
	options, err := creation.Options(o.Key.Kind, browserTime)
	return creation, options, err
}

// origins are those of the pages that may register keys, besides the relying party's own: of the address in the links, of
// the one Listen names, and on this machine itself of the loopback address the request came to.
func (p *Portal) origins(r *http.Request, w directory.Workspace) []string {
	addresses := []string{w.Portal.URL}
	if a := p.address.Load(); a != nil {
		addresses = append(addresses, *a)
	}
	if r.TLS == nil && remote(r.RemoteAddr).IsLoopback() {
		addresses = append(addresses, "http://"+r.Host)
	}
	var all []string
	for _, a := range addresses {
		if origin, ok := rp.PageOrigin(w.RPID, a); ok {
			all = append(all, origin)
		}
	}
	return all
}

// held is the credentials of the user's keys that work, none of which may be on the same card.
func (p *Portal) held(ctx context.Context, o activation.Opened) ([][]byte, error) {
	var ids [][]byte
	err := p.Directory.Store.View(ctx, func(tx directory.Tx) error {
		ids = nil
		q := directory.KeyQuery{UserID: o.User.ID}
		for {
			page, err := tx.Keys(q)
			if err != nil {
				return err
			}
			for _, k := range page.Keys {
				if (k.State == directory.Active || k.State == directory.Disabled) && k.RPID == o.Workspace.RPID && len(k.Credential.ID) > 0 {
					ids = append(ids, k.Credential.ID)
				}
			}
			if page.Next == "" {
				return nil
			}
			q.After = page.Next
		}
	})
	return ids, err
}

// errNotBegun is an answer to no challenge that was given for this ticket, or to one that is over.
var errNotBegun = errors.New("no such registration is under way")

// finish verifies what the key answered, and makes it active: the ticket is used up in the same transaction.
func (p *Portal) finish(w http.ResponseWriter, r *http.Request) {
	o, err := p.opened(r, directory.Activate)
	if err != nil {
		p.refuseJSON(w, err)
		return
	}
	if err := p.activate(r, o); err != nil {
		p.refuseJSON(w, err)
		return
	}
	p.answer(w, http.StatusOK, struct {
		Active bool `json:"active"`
	}{true})
}

func (p *Portal) activate(r *http.Request, o activation.Opened) error {
	raw, err := io.ReadAll(r.Body) // bounded by guarded
	if err != nil {
		return fmt.Errorf("%w: %w", rp.ErrMalformed, err)
	}
	made, err := rp.ParseRegistration(raw)
	if err != nil {
		return err
	}
	asked, err := made.Challenge()
	if err != nil {
		return err
	}
	begun, ok := p.challenges.take(p.now(), string(asked), o.Ticket.ID)
	if !ok || begun.verification != o.Key.Verification {
		return errNotBegun // or by settings that have changed since
	}
	party, err := rp.NewWorkspace(o.Workspace, p.origins(r, o.Workspace)...)
	if err != nil {
		return err
	}
	cred, err := party.Finish(r.Context(), begun.creation, made)
	if err != nil {
		return err
	}
	_, err = p.Tickets.Activate(r.Context(), o.Ticket.ID, activation.Made{
		Credential: cred, RPID: o.Workspace.RPID, Transports: made.Transports,
	})
	if errors.Is(err, directory.ErrOfflineCache) {
		return nil // the key is active; the cache is put in line at the next start
	}
	return err
}

// answer is a JSON document.
func (p *Portal) answer(w http.ResponseWriter, status int, doc any) {
	b, err := json.Marshal(doc)
	if err != nil {
		status, b = http.StatusInternalServerError, []byte(`{"problem":"failed"}`)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(b)))
	w.WriteHeader(status)
	_, _ = w.Write(b) // whoever asked has gone
}

// refuseJSON says in a word what the script tells the person; the page has the sentences.
func (p *Portal) refuseJSON(w http.ResponseWriter, err error) {
	kind, status := "", http.StatusUnprocessableEntity
	var big *http.MaxBytesError
	switch {
	case errors.As(err, &big):
		kind, status = "malformed", http.StatusRequestEntityTooLarge
	case errors.Is(err, rp.ErrMalformed):
		kind, status = "malformed", http.StatusBadRequest
	case errors.Is(err, errNotBegun):
		kind, status = "over", http.StatusConflict
	case errors.Is(err, rp.ErrModel):
		kind = "model"
	case errors.Is(err, rp.ErrAttestation):
		kind = "attestation"
	case errors.Is(err, rp.ErrVerification):
		kind = "refused"
	case errors.Is(err, directory.ErrExists):
		kind, status = "taken", http.StatusConflict
	default:
		kind, status = p.trouble(w, err)
	}
	p.answer(w, status, struct {
		Problem string `json:"problem"`
	}{kind})
}
