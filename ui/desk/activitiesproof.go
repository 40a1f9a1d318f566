package desk

import (
	"context"
	"errors"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/audit"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
	"tapstation/ui/wording"
)

// proof checks, when it is asked to, that nothing of the audit log was changed afterwards.
type proof struct {
	desk   *Desk
	button *widget.Button
	said   *fyne.Container // hidden where nothing is to be said
	moved  func()          // it came or went
	cancel context.CancelFunc
	asked  int
}

func newProof(d *Desk, moved func()) *proof {
	p := &proof{desk: d, said: container.NewStack(), moved: moved, cancel: func() {}}
	p.button = widget.NewButton(text.T("activities.verify"), p.check)
	p.said.Hide()
	return p
}

func (p *proof) left() {
	p.cancel()
	p.asked++
	p.button.SetEnabled(true)
	p.hide()
}

func (p *proof) hide() {
	if p.said.Visible() {
		p.said.Hide()
		p.moved()
	}
}

func (p *proof) check() {
	p.cancel()
	ctx, cancel := context.WithCancel(p.desk.ctx)
	p.cancel = cancel
	p.asked++
	n := p.asked
	p.button.SetEnabled(false)
	p.hide()
	p.desk.beside(ctx, func(ctx context.Context) {
		err := p.desk.station.Directory.VerifyAudit(ctx, p.desk.actor())
		p.desk.do(func() {
			if n == p.asked {
				p.asked++
				p.button.SetEnabled(true)
				p.tell(err)
			}
		})
	})
	p.speakOfWaiting(n, 0, slowAfter)
}

func (p *proof) speakOfWaiting(n, seconds int, after time.Duration) {
	p.desk.opts.After(after, func() {
		p.desk.do(func() {
			if n != p.asked {
				return
			}
			p.show(widget.Sign{Icon: theme.ClockIcon, Color: theme.Muted, Word: text.N("activities.verifying", seconds)}, nil)
			p.speakOfWaiting(n, seconds+1, time.Second)
		})
	})
}

// tell says what came of it.
func (p *proof) tell(err error) {
	switch {
	case err == nil:
		p.show(widget.Sign{Icon: theme.CheckCircleIcon, Color: theme.Success, Word: text.T("activities.verified")}, nil)
	case errors.Is(err, audit.ErrBroken):
		p.show(widget.Sign{Icon: theme.WarningIcon, Color: theme.Danger, Word: text.T("activities.broken")}, err)
	default:
		p.show(widget.Sign{Icon: theme.WarningIcon, Color: theme.Warning, Word: wording.Error(err).Title}, err)
	}
}

func (p *proof) show(sign widget.Sign, details error) {
	parts := widget.Column(theme.Space4, widget.NewStatus(sign))
	if details != nil {
		parts.Add(widget.NewCopyableLines(text.T("page.details"), details.Error()))
	}
	p.said.Objects = []fyne.CanvasObject{widget.Panel(widget.PadXY(theme.Space16, theme.Space8, parts))}
	p.said.Show()
	p.moved()
}
