package demo

import (
	"context"
	"net/url"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynetheme "fyne.io/fyne/v2/theme"

	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// Mail is a mail that arrived in the demo's mailbox.
type Mail struct {
	Number   int // counts from 1, as they arrive
	Arrived  time.Time
	From, To string
	Subject  string
	Text     string
	Links    []string // in Text, in their order
	HTML     bool     // it can be shown in the browser as well
}

// Mailbox is where the demo's mail arrives. It may be used from any goroutine.
type Mailbox interface {
	// Mails are those that have arrived, the last first, and a channel that is closed when they are others.
	Mails() ([]Mail, <-chan struct{})
	// Page is the address under which a browser shows a mail as it was designed.
	Page(number int) (*url.URL, error)
}

// MailWindow shows a Mailbox: all mails, or one of them, in a window of its own, as it is the users' and not the station's.
// Its methods belong to the window's goroutine, but for Watch.
type MailWindow struct {
	// OnChange, where not nil, is called when there are other mails, or one was read.
	OnChange func()

	app   fyne.App
	box   Mailbox
	do    func(func())         // runs a function on the window's goroutine
	open  func(*url.URL) error // opens an address in the browser
	work  sync.WaitGroup
	mails []Mail
	read  map[int]bool // by number
	on    int          // number of the mail that is shown; 0: all are

	window fyne.Window // nil: it is closed
	ground *fyne.Container
	list   *widget.List
	detach func()
}

// NewMailWindow is the window on a mailbox; it is seen from Open on. do, where not nil, runs in the place of fyne.Do.
func NewMailWindow(a fyne.App, b Mailbox, do func(func())) *MailWindow {
	if do == nil {
		do = fyne.Do
	}
	return &MailWindow{app: a, box: b, do: do, open: a.OpenURL, read: map[int]bool{}, detach: func() {}}
}

// Watch keeps up with what arrives until ctx ends, on a goroutine of its own.
func (w *MailWindow) Watch(ctx context.Context) {
	defer w.work.Wait()
	for {
		mails, changed := w.box.Mails()
		w.do(func() { w.took(mails) })
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// Mails are those that have arrived, and how many of them nobody has read.
func (w *MailWindow) Mails() (mails []Mail, unread int) {
	for _, m := range w.mails {
		if !w.read[m.Number] {
			unread++
		}
	}
	return w.mails, unread
}

// took takes in what has arrived.
func (w *MailWindow) took(mails []Mail) {
	none := len(w.mails) == 0
	w.mails = mails
	w.changed()
	switch {
	case w.window == nil || w.on != 0:
	case none != (len(mails) == 0):
		w.showAll()
	case !none:
		w.list.Changed()
	}
}

func (w *MailWindow) changed() {
	if w.OnChange != nil {
		w.OnChange()
	}
}

// Open shows all mails, in front of other windows.
func (w *MailWindow) Open() {
	if w.window == nil {
		w.window = w.app.NewWindow(text.T("mailbox.title"))
		w.window.SetPadded(false)
		w.ground = container.NewStack()
		w.window.SetContent(widget.Filled(fynetheme.ColorNameBackground, w.ground))
		w.window.Resize(fyne.NewSize(920, 760))
		w.window.SetOnClosed(func() { w.detach(); w.window, w.detach, w.on = nil, func() {}, 0 })
	}
	w.showAll()
	w.window.Show()
	w.window.RequestFocus()
}

// Close closes the window, if it is open.
func (w *MailWindow) Close() {
	if w.window != nil {
		w.window.Close()
	}
}

// Window is the window; nil while it is closed.
func (w *MailWindow) Window() fyne.Window { return w.window }

// Page is what the window shows now.
func (w *MailWindow) Page() fyne.CanvasObject { return w.ground }

// show puts a page into the window.
func (w *MailWindow) show(page fyne.CanvasObject, keys *widget.Keys) {
	w.detach()
	w.window.Canvas().Unfocus()
	w.ground.Objects = []fyne.CanvasObject{widget.PadXY(theme.Space24, theme.Space24, page)}
	w.ground.Refresh()
	w.detach = keys.Attach(w.window.Canvas())
}

// showAll shows the list of mails.
func (w *MailWindow) showAll() {
	w.on = 0
	column := func(title string, weight float32, words func(Mail) string) widget.Col {
		return widget.NewCol(title, weight, func() *widget.Text {
			t := widget.NewText("")
			t.Clip = true
			return t
		}, func(t *widget.Text, row int) {
			t.Bold = !w.read[w.mails[row].Number]
			t.Content = words(w.mails[row])
			t.Refresh()
		})
	}
	w.list = widget.NewList(func() int { return len(w.mails) },
		column(text.T("mailbox.subject"), 2, func(m Mail) string { return m.Subject }),
		column(text.T("mailbox.to"), 1.4, func(m Mail) string { return m.To }),
		column(text.T("mailbox.arrived"), 1, func(m Mail) string { return text.DateTime(m.Arrived) }))
	w.list.OnOpen = func(row int) { w.showMail(w.mails[row]) }
	body := widget.Panel(w.list)
	if len(w.mails) == 0 {
		body = widget.Empty(theme.MailIcon, text.T("mailbox.empty.title"), text.T("mailbox.empty.text"), nil)
	}
	w.show(widget.Above(theme.Space12, body, widget.Heading(text.T("mailbox.title")), widget.Hint(text.T("mailbox.about"))),
		&widget.Keys{Escape: w.Close})
	if len(w.mails) > 0 {
		w.window.Canvas().Focus(w.list.Rows())
	}
}
