package portal

import (
	"bytes"
	"context"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"golang.org/x/text/language"

	"tapstation/app/activation"
	"tapstation/app/directory"
	"tapstation/assets"
	"tapstation/assets/text"
)

// pages are the templates: a layout, and one file for each kind of page that fills it.
var pages = func() map[string]*template.Template {
	all := map[string]*template.Template{}
	for _, name := range []string{"home", "activate", "pin", "problem"} {
		all[name] = template.Must(template.New("layout.html").ParseFS(assets.Web, "web/layout.html", "web/"+name+".html"))
	}
	return all
}()

// frame is what every page shows around what it is about. Its words are T's.
type frame struct {
	text.Words
	Title     string
	Workspace string
	Logo      string // address
	Query     string // "?lang=de" where a language was chosen by hand, for the addresses on the page
	Languages []languageLink
	Script    bool
}

// languageLink is a language the page can be read in.
type languageLink struct {
	Tag, Name string
	Current   bool
}

// names of languages in themselves.
var names = map[string]string{"en": "English", "de": "Deutsch"}

// frame is that of the page being asked for. User is whom it is about, nil where that is not known. Answers to a POST have
// no address that could be fetched again in another language.
func (p *Portal) frame(r *http.Request, w directory.Workspace, u *directory.User) frame {
	f := frame{Workspace: w.Name, Logo: logoAddress(w)}
	chosen := r.URL.Query().Get("lang")
	switch {
	case slices.Contains(text.Languages(), chosen):
		f.Query = "?lang=" + url.QueryEscape(chosen)
		f.Words = text.In(chosen)
	case u != nil && u.Language != "":
		f.Words = text.In(u.Language)
	case u != nil && w.Language != "":
		f.Words = text.In(w.Language)
	default:
		f.Words = text.In(accepted(r.Header.Get("Accept-Language"), w.Language))
	}
	if safe(r.Method) {
		for _, tag := range text.Languages() {
			f.Languages = append(f.Languages, languageLink{tag, names[tag], tag == f.Language()})
		}
	}
	return f
}

// accepted is the translation that a browser's languages ask for, or other where none of them is there.
func accepted(header, other string) string {
	const most = 256 // nobody reads so many
	if len(header) > most {
		return other
	}
	wanted, _, err := language.ParseAcceptLanguage(header)
	if err != nil || len(wanted) == 0 {
		return other
	}
	have := text.Languages()
	tags := make([]language.Tag, len(have))
	for i, name := range have {
		tags[i] = language.Make(name)
	}
	if _, i, sure := language.NewMatcher(tags).Match(wanted...); sure >= language.High {
		return have[i]
	}
	return other
}

// show answers with a page. It is made whole before anything is sent.
func (p *Portal) show(w http.ResponseWriter, status int, name string, page any) {
	var b bytes.Buffer
	if err := pages[name].Execute(&b, page); err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // whoever asked has gone
}

// problemPage is a page that says what is not possible and what to do instead.
type problemPage struct {
	frame
	Heading, What, Do string
	Home              bool // the way to the page for a code is shown
}

// problem answers with the page for one kind of problem: "portal.problem.KIND.…".
func (p *Portal) problem(w http.ResponseWriter, r *http.Request, status int, kind string, pairs ...any) {
	ws, _ := p.Directory.Workspace(r.Context()) // without it the page has no name and no logo
	f := p.frame(r, ws, nil)
	p.show(w, status, "problem", problemPage{
		frame:   f.titled(f.T("portal.problem."+kind+".title", pairs...)),
		Heading: f.T("portal.problem."+kind+".title", pairs...),
		What:    f.T("portal.problem."+kind+".what", pairs...),
		Do:      f.T("portal.problem."+kind+".do", pairs...),
		Home:    kind == "unknown" || kind == "wait" || kind == "pass",
	})
}

func (f frame) titled(title string) frame {
	f.Title = title
	if f.Workspace != "" {
		f.Title += " – " + f.Workspace
	}
	return f
}

// unknown is the page of an address where there is none, a mistyped link's included.
func (p *Portal) unknown(w http.ResponseWriter, r *http.Request) {
	p.problem(w, r, http.StatusNotFound, "unknown")
}

// trouble is what an error means to whoever holds a link: the kind of page, and the status.
func (p *Portal) trouble(w http.ResponseWriter, err error) (kind string, status int) {
	var tooMany *activation.TooManyError
	switch {
	case errors.As(err, &tooMany):
		wait := max(time.Second, tooMany.Until.Sub(p.now()).Round(time.Second))
		w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)))
		return "wait", http.StatusTooManyRequests
	case errors.Is(err, directory.ErrTicketUsed):
		return "used", http.StatusGone
	case errors.Is(err, directory.ErrTicketWithdrawn):
		return "withdrawn", http.StatusGone
	case errors.Is(err, directory.ErrTicketExpired):
		return "expired", http.StatusGone
	case errors.Is(err, errPassOver):
		return "pass", http.StatusGone
	case errors.Is(err, directory.ErrNotFound), errors.Is(err, directory.ErrTicket):
		return "unknown", http.StatusNotFound
	case errors.Is(err, directory.ErrBusy), errors.Is(err, context.DeadlineExceeded):
		w.Header().Set("Retry-After", "5")
		return "busy", http.StatusServiceUnavailable
	}
	return "failed", http.StatusInternalServerError
}

// refuse answers with the page that an error means.
func (p *Portal) refuse(w http.ResponseWriter, r *http.Request, err error) {
	kind, status := p.trouble(w, err)
	p.problem(w, r, status, kind)
}
