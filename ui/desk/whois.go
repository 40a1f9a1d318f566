package desk

import (
	"context"
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/directory"
	"tapstation/app/login"
	"tapstation/assets/text"
	"tapstation/device"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
	"tapstation/ui/wording"
)

// whois tells, above the page, whose card was laid on a reader while nobody waited for one. It looks at the card on terms
// that use nothing up, asks for nothing, and never takes the focus.
type whois struct {
	desk   *Desk
	taps   int // of cards looked at, or left to others
	reader string
	asked  int // number of the last look
	cancel context.CancelFunc

	looking bool
	banner  *fyne.Container
}

func newWhois(d *Desk) *whois {
	w := &whois{desk: d, cancel: func() {}, banner: container.NewStack()}
	w.banner.Hide()
	return w
}

// takesCards tells whether what is shown takes cards for itself, so that none is to be glanced at.
func (d *Desk) takesCards() bool {
	switch d.page.(type) {
	case pausing, *readerPage:
		return true
	}
	return d.gate != nil
}

// readers takes in what the readers are like now.
func (w *whois) readers(s device.State) {
	if w.reader != "" && !lies(s, w.reader, w.taps) {
		w.forget()
	}
	reader, taps := newest(s, w.taps)
	if reader == "" {
		return
	}
	w.forget()
	w.taps = taps
	if !w.desk.takesCards() {
		w.reader = reader
		w.look()
	}
}

// lies tells whether the card of a tap still lies on its reader.
func lies(s device.State, reader string, tap int) bool {
	for _, r := range s.Readers {
		if r.Name == reader {
			return r.Card != nil && r.Card.Tap == tap
		}
	}
	return false
}

// newest is the reader with the card that was laid down last, if that was after so many taps.
func newest(s device.State, after int) (reader string, tap int) {
	for _, r := range s.Readers {
		if r.Card != nil && !r.Card.Mute && r.Card.Tap > after {
			reader, after = r.Name, r.Card.Tap
		}
	}
	return reader, after
}

// look glances at the card.
func (w *whois) look() {
	ctx, cancel := context.WithCancel(w.desk.ctx)
	w.cancel = cancel
	w.asked++
	n, reader := w.asked, w.reader
	w.looking = true
	w.desk.beside(ctx, func(ctx context.Context) {
		found, err := w.desk.station.Login.Glance(ctx, reader)
		w.desk.do(func() {
			if n != w.asked {
				return
			}
			w.looking = false
			if !passing(err) {
				w.show(found, err)
			}
		})
	})
}

// passing tells whether err says no more than that the card has gone again, or that somebody else talks to it.
func passing(err error) bool {
	for _, e := range []error{device.ErrRemoved, device.ErrNoCard, device.ErrReaderHeld, device.ErrCardReset, context.Canceled} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// forget takes the banner away and ends a look that goes on.
func (w *whois) forget() {
	w.cancel()
	w.cancel = func() {}
	w.asked++
	w.looking, w.reader = false, ""
	if w.banner.Visible() {
		w.banner.Hide()
		w.banner.Objects = nil
		w.desk.arrange()
	}
}

// show says whose card it is.
func (w *whois) show(found login.Found, err error) {
	words, signs, act := w.words(found, err)
	parts := []fyne.CanvasObject{words}
	parts = append(parts, signs...)
	close := widget.NewQuiet("", text.T("whois.close"), theme.CrossIcon, w.forget)
	buttons := widget.Line(theme.Space8)
	if act != nil {
		buttons.Add(act)
	}
	buttons.Add(close)
	line := widget.Panel(widget.PadXY(theme.Space16, theme.Space8,
		container.NewBorder(nil, nil, nil, buttons, widget.Line(theme.Space16, parts...))))
	w.banner.Objects = []fyne.CanvasObject{container.New(bannerLayout{}, line)}
	w.banner.Show()
	w.banner.Refresh()
	w.desk.arrange()
}

// words are what is said of a card, the signs beside it, and where to go from there (nil: nowhere).
func (w *whois) words(found login.Found, err error) (words fyne.CanvasObject, signs []fyne.CanvasObject, act *widget.Button) {
	d := w.desk
	say := func(icon *theme.Icon, color fyne.ThemeColorName, words string) fyne.CanvasObject {
		return widget.NewStatus(widget.Sign{Icon: icon, Color: color, Word: words})
	}
	switch {
	case err == nil:
		name := found.User.DisplayName()
		signs = append(signs, widget.NewBadge(widget.StateSign(found.Key.State)))
		if found.Key.Verification == directory.PINless {
			signs = append(signs, widget.NewBadge(widget.VerificationSign(found.Key.Verification)))
		}
		if found.User.Disabled {
			signs = append(signs, widget.NewBadge(widget.Sign{Icon: theme.PauseIcon, Color: theme.Warning, Word: text.T("whois.disabled")}))
		}
		key := "whois.of"
		if found.ByUID {
			key = "whois.probably"
		}
		act = widget.NewButton(text.T("whois.open", "Name", name), func() { d.ShowUser(found.User.ID) })
		return say(theme.CardIcon, theme.Primary, text.T(key, "Key", found.Key.Name, "Name", name)), signs, act
	case errors.Is(err, login.ErrUnknownCard):
		if d.may(directory.EnrollKeys) {
			act = widget.NewButton(text.T("whois.enroll"), d.NewUser)
		}
		return say(theme.CardIcon, theme.Muted, text.T("whois.nobody")), nil, act
	}
	said := wording.Error(err)
	return say(theme.WarningIcon, theme.Warning, said.Title+". "+said.Remedy), nil, nil
}

// bannerLayout keeps the banner apart from the edges of the page.
type bannerLayout struct{}

func (bannerLayout) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	objects[0].Move(fyne.NewPos(theme.Space32, theme.Space16))
	objects[0].Resize(s.SubtractWidthHeight(2*theme.Space32, theme.Space16))
}

func (bannerLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return objects[0].MinSize().AddWidthHeight(2*theme.Space32, theme.Space16)
}
