package desk

import (
	"context"
	"fmt"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// takenSeconds is how long the notice stays by itself: long enough to be read, and no program stays behind that nobody
// sees.
const takenSeconds = 15

// taken is the notice that another process shows the window of this data folder already. A person who starts the
// program by its icon sees nothing of its standard error.
type taken struct {
	window fyne.Window
	closes *widget.Text
	opts   Options
	left   int // seconds
	over   bool
}

// ShowTaken shows the notice until it is closed, its time is over or ctx ends.
func ShowTaken(ctx context.Context, a fyne.App, folder string, held *directory.HeldError, opts Options) {
	t := newTaken(a, folder, held, opts)
	defer context.AfterFunc(ctx, func() { t.opts.Do(t.close) })()
	t.window.ShowAndRun()
}

func newTaken(a fyne.App, folder string, held *directory.HeldError, opts Options) *taken {
	if opts.Do == nil {
		opts.Do = fyne.Do
	}
	if opts.After == nil {
		opts.After = func(d time.Duration, do func()) func() bool { return time.AfterFunc(d, do).Stop }
	}
	t := &taken{opts: opts, left: takenSeconds, closes: widget.Small("")}
	a.Settings().SetTheme(theme.New(opts.Variant))
	a.SetIcon(theme.AppIcon)
	t.window = a.NewWindow(text.T("taken.title"))
	t.window.SetMaster()
	t.window.SetOnClosed(func() { t.over = true })

	ok := widget.NewPrimary(text.T("taken.close"), t.close)
	head := container.NewHBox(widget.Picture(theme.InfoIcon.In(theme.Muted), 32), widget.Title(text.T("taken.title")))
	t.window.SetContent(widget.Pad(theme.Space24, widget.Column(theme.Space16, head, widget.Hint(text.T("taken.text")),
		widget.Facts(takenFacts(folder, held)...), container.NewBorder(nil, nil, t.closes, ok))))
	t.window.Resize(fyne.NewSize(560, 0))
	t.window.SetFixedSize(true)
	t.window.CenterOnScreen()
	(&widget.Keys{Enter: t.close, Escape: t.close}).Attach(t.window.Canvas())
	t.window.Canvas().Focus(ok)
	t.count()
	return t
}

// takenFacts are what is known of who holds the folder.
func takenFacts(folder string, held *directory.HeldError) []widget.Fact {
	var facts []widget.Fact
	fact := func(label, value string) {
		words := widget.NewText(value)
		words.Clip = true
		facts = append(facts, widget.Fact{Label: label, Value: words})
	}
	fact(text.T("taken.folder"), folder)
	switch {
	case held.PID == 0:
		fact(text.T("taken.process"), text.T("taken.unknown"))
	case held.Program == "":
		fact(text.T("taken.process"), fmt.Sprint(held.PID))
	default:
		fact(text.T("taken.process"), fmt.Sprintf("%d (%s)", held.PID, held.Program))
	}
	if held.Host != "" {
		fact(text.T("taken.computer"), held.Host)
	}
	if !held.Since.IsZero() {
		fact(text.T("taken.since"), text.DateTime(held.Since))
	}
	return facts
}

// count says how long the notice stays, each second anew, and closes it in the end.
func (t *taken) count() {
	if t.over {
		return
	}
	if t.left == 0 {
		t.close()
		return
	}
	t.closes.SetText(text.N("taken.closes", t.left))
	t.left--
	t.opts.After(time.Second, func() { t.opts.Do(t.count) })
}

func (t *taken) close() {
	if !t.over {
		t.over = true
		t.window.Close()
	}
}
