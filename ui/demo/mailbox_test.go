package demo

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// postbox is a mailbox without a server.
type postbox struct {
	mu      sync.Mutex
	mails   []Mail
	changed chan struct{}
	page    error // why there is none
}

func (b *postbox) Mails() ([]Mail, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.changed == nil {
		b.changed = make(chan struct{})
	}
	return slices.Clone(b.mails), b.changed
}

func (b *postbox) Page(int) (*url.URL, error) {
	return &url.URL{Scheme: "file", Path: "/mail.html"}, b.page
}

func (b *postbox) arrive(m Mail) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mails = append([]Mail{m}, b.mails...)
	if b.changed != nil {
		close(b.changed)
		b.changed = nil
	}
}

var mail1 = Mail{Number: 1, Arrived: time.Date(2026, 3, 2, 9, 30, 0, 0, time.Local), From: "Works <keys@example.org>", To: "ada@example.org",
	Subject: "Activate", Text: "Open this page:\n\n    http://localhost:1/a\n\nor give the code\n\n  ABCDE-FGHJK\n", Links: []string{"http://localhost:1/a"}, HTML: true}

// mailbox is a window on b, what it opened in the browser, and a function that waits until its work is done.
func mailbox(t *testing.T, b *postbox) (w *MailWindow, opened *[]string) {
	t.Helper()
	a := test.NewTempApp(t)
	a.Settings().SetTheme(theme.New(theme.Light))
	w = NewMailWindow(a, b, func(f func()) { f() })
	opened = new([]string)
	w.open = func(u *url.URL) error { *opened = append(*opened, u.String()); return nil }
	t.Cleanup(w.Close)
	return w, opened
}

func TestWhatArrivesIsShownAndCounted(t *testing.T) {
	b := &postbox{}
	steps := make(chan func()) // run here, as on the window's goroutine
	w, _ := mailbox(t, b)
	w.do = func(f func()) { steps <- f }
	ctx, cancel := context.WithCancel(t.Context())
	var watched sync.WaitGroup
	watched.Go(func() { w.Watch(ctx) })
	defer watched.Wait()
	defer cancel()
	told := 0
	w.OnChange = func() { told++ }
	(<-steps)()
	w.Open()
	if listOf(w) != nil {
		t.Error("there is a list where no mail has arrived")
	}
	b.arrive(mail1)
	(<-steps)()
	if _, unread := w.Mails(); unread != 1 || told != 2 || listOf(w) == nil {
		t.Errorf("a mail arrived: %d unread, told %d times, list %v; want it counted, told and shown", unread, told, listOf(w))
	}
	w.window.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if _, unread := w.Mails(); unread != 0 || told != 3 {
		t.Errorf("the mail was opened by Enter: %d unread, told %d times, want it read, and told", unread, told)
	}
	w.window.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if listOf(w) == nil {
		t.Error("Escape does not lead back to all mails")
	}
}

func listOf(w *MailWindow) (found *widget.List) {
	widget.Walk(w.Page(), func(o fyne.CanvasObject) bool {
		l, ok := o.(*widget.List)
		found = l
		return ok
	})
	return found
}

func TestLinkOfAMailIsOpenedAndCopiedWhereItStands(t *testing.T) {
	b := &postbox{mails: []Mail{mail1}}
	w, opened := mailbox(t, b)
	w.took(b.mails)
	w.Open()
	w.showMail(mail1)
	w.window.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if !slices.Equal(*opened, mail1.Links) {
		t.Errorf("Enter opened %q, want the link of the mail", *opened)
	}
	if c := widget.Find[*widget.Copyable](w.Page(), text.T("mailbox.link")); c == nil || c.Text() != mail1.Links[0] {
		t.Errorf("to copy there is %v, want the link", c)
	}
	test.Tap(widget.Find[*widget.Button](w.Page(), text.T("mailbox.page")))
	w.work.Wait()
	if len(*opened) != 2 || (*opened)[1] != "file:///mail.html" {
		t.Errorf("the browser shows %q, want the mail as a page", *opened)
	}
}

func TestPageThatCannotBeShownIsTold(t *testing.T) {
	b := &postbox{mails: []Mail{mail1}, page: errors.New("no room")}
	w, opened := mailbox(t, b)
	w.took(b.mails)
	w.Open()
	w.showMail(mail1)
	test.Tap(widget.Find[*widget.Button](w.Page(), text.T("mailbox.page")))
	w.work.Wait()
	said := widget.Walk(w.Page(), func(o fyne.CanvasObject) bool {
		p, ok := o.(*widget.Paragraph)
		return ok && p.Text() == text.T("mailbox.failed")
	})
	if !said || len(*opened) != 0 {
		t.Errorf("said: %v, opened %q, want it told that nothing could be opened", said, *opened)
	}
}

func TestTextIsPartedAtItsLinks(t *testing.T) {
	for name, c := range map[string]struct {
		text  string
		links []string
		want  []string
	}{
		"none":                {"hello\n", nil, []string{"hello"}},
		"indented":            {mail1.Text, mail1.Links, []string{"Open this page:", ">http://localhost:1/a", "or give the code\n\n  ABCDE-FGHJK"}},
		"one begins another":  {"http://a/b http://a", []string{"http://a", "http://a/b"}, []string{">http://a/b", ">http://a"}},
		"twice":               {"http://a\nand http://a", []string{"http://a"}, []string{">http://a", "and", ">http://a"}},
		"that is not there":   {"hello", []string{"http://a"}, []string{"hello"}},
		"that is nothing":     {"hello", []string{""}, []string{"hello"}},
		"nothing but a space": {" \n ", nil, nil},
	} {
		var got []string
		for _, p := range parts(Mail{Text: c.text, Links: c.links}) {
			if p.link {
				p.words = ">" + p.words
			}
			got = append(got, p.words)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: parted into %q, want %q", name, got, c.want)
		}
	}
}

func TestPanelTellsOfMail(t *testing.T) {
	b := &postbox{mails: []Mail{mail1}}
	w, _ := mailbox(t, b)
	p := NewPanel(&tray{on: -1}, w)
	test.NewTempWindow(t, p)
	post := widget.Find[*cardButton](p, text.T("mailbox.panel"))
	w.took(b.mails)
	if want := text.N("mailbox.unread", 1, "Number", "1"); post.hint != want {
		t.Errorf("said of the mailbox: %q, want %q", post.hint, want)
	}
	test.Tap(post)
	if w.Window() == nil || !strings.Contains(w.Window().Title(), text.T("mailbox.title")) {
		t.Error("a click on the mailbox does not open it")
	}
	w.showMail(mail1)
	if want := text.N("mailbox.count", 1, "Number", "1"); post.hint != want {
		t.Errorf("said of the mailbox after all was read: %q, want %q", post.hint, want)
	}
}
