package desk

import (
	"context"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/directory"
	"tapstation/app/mail"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
	"tapstation/ui/wording"
)

// sendingView says how sending stands, and what to do where it does not go on. Where all is well it is not seen.
type sendingView struct {
	desk   *Desk
	now    *widget.Button // sends what waits at once; what that is, the page says
	moved  func()         // it came or went
	cancel context.CancelFunc
	asked  int         // the number of the last time it was shown
	status mail.Status // of the outbox
	queued int         // mails that wait
	drawn  sendingNotice
	all    *fyne.Container
}

// sendingNotice is what is said of sending; its zero value is nothing.
type sendingNotice struct {
	Sign   widget.Sign // its word is what happened
	Text   string      // what that means, and what to do
	Detail string      // for whoever helps
	Mend   bool        // it is mended in the settings
}

func newSendingView(d *Desk, moved func()) *sendingView {
	v := &sendingView{desk: d, moved: moved, cancel: func() {}, all: container.NewStack()}
	v.now = widget.NewPrimary(text.T("outbox.now"), nil).WithIcon(theme.SendIcon)
	v.all.Hide()
	return v
}

// statusPause is how long a state of sending is shown before the next: it changes with every mail that leaves.
const statusPause = 250 * time.Millisecond

func (v *sendingView) shown() {
	v.asked++
	n := v.asked
	ctx, cancel := context.WithCancel(v.desk.ctx)
	v.cancel = cancel
	v.render()
	v.desk.beside(ctx, func(ctx context.Context) {
		for ctx.Err() == nil {
			status, changed := v.desk.station.Mail.Status()
			v.desk.do(func() {
				if n == v.asked {
					v.status = status
					v.render()
				}
			})
			select {
			case <-changed:
			case <-ctx.Done():
				return
			}
			rested := make(chan struct{})
			v.desk.opts.After(statusPause, func() { close(rested) })
			select {
			case <-rested:
			case <-ctx.Done():
			}
		}
	})
	v.tick(n)
}

// tick counts the time to the next attempt down.
func (v *sendingView) tick(n int) {
	v.desk.opts.After(time.Second, func() {
		v.desk.do(func() {
			if n == v.asked {
				v.render()
				v.tick(n)
			}
		})
	})
}

func (v *sendingView) left() {
	v.cancel()
	v.asked++
}

// render shows what is to be said now.
func (v *sendingView) render() {
	w := v.desk.workspace
	v.now.SetEnabled(w.CanMail() && v.queued > 0)
	v.put(sendingWords(w, v.status, v.queued, v.desk.now(), v.desk.may(directory.ChangeSettings)))
}

// setQueued tells how many mails wait.
func (v *sendingView) setQueued(n int) {
	v.queued = n
	v.render()
}

// sendingWords is what is said of sending to somebody who may, or may not, change the settings.
func sendingWords(w directory.Workspace, s mail.Status, queued int, now time.Time, may bool) sendingNotice {
	sign := func(icon *theme.Icon, color fyne.ThemeColorName, word string) widget.Sign {
		return widget.Sign{Icon: icon, Color: color, Word: word}
	}
	switch {
	case !w.CanMail() && may:
		return sendingNotice{Sign: sign(theme.InfoIcon, theme.Primary, text.T("outbox.unset.title")), Text: text.T("outbox.unset.text"), Mend: true}
	case !w.CanMail():
		return sendingNotice{Sign: sign(theme.InfoIcon, theme.Primary, text.T("outbox.unset.title")), Text: text.T("outbox.unset.asks")}
	case s.Doing == mail.Paused && s.Trouble != nil:
		words := wording.Trouble(s.Trouble)
		next := text.T("outbox.retry_now")
		if wait := s.Until.Sub(now); wait > 0 {
			next = text.T("outbox.retry_in", "Time", spanWords(wait))
		}
		return sendingNotice{Sign: sign(theme.WarningIcon, theme.Warning, words.Title), Text: strings.TrimSpace(words.Remedy + " " + next),
			Detail: s.Trouble.Answer, Mend: may && mended(s.Trouble.Kind)}
	case s.Doing == mail.Elsewhere && s.Holder != nil:
		who := text.T("outbox.elsewhere.unnamed")
		if s.Holder.Program != "" {
			who = s.Holder.Program
		}
		if s.Holder.Host != "" {
			who = text.T("outbox.elsewhere.on", "Program", who, "Host", s.Holder.Host)
		}
		return sendingNotice{Sign: sign(theme.InfoIcon, theme.Muted, text.T("outbox.elsewhere.title")), Text: text.T("outbox.elsewhere.text", "Who", who)}
	case s.Doing == mail.Sending && queued > 0:
		return sendingNotice{Sign: sign(theme.SendIcon, theme.Primary, text.T("outbox.sending.title")),
			Text: text.N("outbox.sending.text", queued, "Number", text.Number(queued))}
	}
	return sendingNotice{}
}

// mended tells whether a trouble is one that other settings can end.
func mended(k mail.TroubleKind) bool { return k != mail.ServerBusy && k != mail.StationFault }

// put shows a notice, if that is not shown already.
func (v *sendingView) put(n sendingNotice) {
	if v.drawn == n {
		return
	}
	v.drawn = n
	v.all.Hidden, v.all.Objects = n == sendingNotice{}, nil
	if !v.all.Hidden {
		var acts []fyne.CanvasObject
		if n.Mend {
			acts = append(acts, widget.NewButton(text.T("outbox.unset.act"), v.desk.ShowMailSettings).WithIcon(theme.SettingsIcon))
		}
		lines := widget.Column(theme.Space4, widget.IconBeside(n.Sign, widget.NewParagraph(n.Sign.Word+". "+n.Text), acts...))
		if n.Detail != "" {
			lines.Add(widget.NewCopyableLines(text.T("page.details"), n.Detail))
		}
		v.all.Objects = []fyne.CanvasObject{widget.Panel(widget.PadXY(theme.Space16, theme.Space8, lines))}
	}
	v.all.Refresh()
	v.moved()
}
