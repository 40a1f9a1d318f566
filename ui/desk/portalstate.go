package desk

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/directory"
	"tapstation/app/portal"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
	"tapstation/ui/wording"
)

// portalNotice is what is said of the running portal.
type portalNotice struct {
	Sign   widget.Sign // without a word
	Words  string
	URL    string // where it is served
	Detail string // for whoever helps
}

// portalWords is what is said of a portal that this window serves, or does not; listen is where it should.
func portalWords(s portal.Status, listen string) portalNotice {
	var held *directory.HeldError
	info := widget.Sign{Icon: theme.InfoIcon, Color: theme.Muted}
	switch {
	case s.URL != "" && s.Err == nil:
		return portalNotice{Sign: widget.Sign{Icon: theme.CheckCircleIcon, Color: theme.Success}, Words: text.T("settings.portal.served"), URL: s.URL}
	case s.URL != "":
		w := wording.Error(s.Err)
		return portalNotice{Sign: widget.Sign{Icon: theme.WarningIcon, Color: theme.Warning}, URL: s.URL,
			Words: text.T("settings.portal.old_certificate", "Problem", w.Title, "Remedy", w.Remedy), Detail: s.Err.Error()}
	case errors.As(s.Err, &held):
		return portalNotice{Sign: info, Words: text.T("settings.portal.elsewhere"), Detail: held.Error()}
	case s.Err != nil:
		w := wording.Error(s.Err)
		return portalNotice{Sign: widget.Sign{Icon: theme.WarningIcon, Color: theme.Danger}, Words: w.Title + ". " + w.Remedy, Detail: s.Err.Error()}
	case listen == "":
		return portalNotice{Sign: info, Words: text.T("settings.portal.not_here")}
	}
	return portalNotice{Sign: info, Words: text.T("settings.portal.starting")}
}

// portalView shows how the portal stands, for as long as it is looked at.
type portalView struct {
	desk   *Desk
	cancel context.CancelFunc
	asked  int
	status portal.Status
	listen string // as it is kept
	drawn  portalNotice
	said   *fyne.Container
	valid  *widget.Badge
	all    *fyne.Container
}

func newPortalView(d *Desk) *portalView {
	v := &portalView{desk: d, cancel: func() {}, said: container.NewStack(), valid: widget.NewStatus(widget.Sign{})}
	title := widget.NewText(text.T("settings.part.state"))
	title.Bold = true
	v.valid.Hide()
	v.all = widget.Column(theme.Space12, widget.PadXY(0, theme.Space8, widget.Above(theme.Space8, title, widget.Rule())), v.said, v.valid)
	return v
}

// shown follows the portal until left.
func (v *portalView) shown(w directory.Workspace) {
	v.left()
	v.listen = w.Portal.Listen
	n := v.asked
	ctx, cancel := context.WithCancel(v.desk.ctx)
	v.cancel = cancel
	v.desk.beside(ctx, func(ctx context.Context) {
		valid := certificateSign(w.Portal.Certificate, v.desk.now())
		v.desk.do(func() {
			if n == v.asked {
				v.valid.Hidden = valid.Word == ""
				v.valid.Set(valid)
				v.all.Refresh()
			}
		})
		for ctx.Err() == nil {
			status, changed := v.desk.station.Portal.Status()
			v.desk.do(func() {
				if n == v.asked {
					v.status = status
					v.render()
				}
			})
			select {
			case <-changed:
			case <-ctx.Done():
			}
		}
	})
	v.render()
}

func (v *portalView) left() {
	v.cancel()
	v.asked++
}

func (v *portalView) render() {
	n := portalWords(v.status, v.listen)
	if v.drawn == n && v.said.Objects != nil {
		return
	}
	v.drawn = n
	lines := widget.Column(theme.Space8, widget.IconBeside(n.Sign, widget.NewParagraph(n.Words)))
	if n.URL != "" {
		lines.Add(widget.NewCopyable(text.T("settings.portal_url.label"), n.URL))
	}
	if n.Detail != "" {
		lines.Add(widget.NewCopyableLines(text.T("page.details"), n.Detail))
	}
	v.said.Objects = []fyne.CanvasObject{widget.Panel(widget.PadXY(theme.Space16, theme.Space12, lines))}
	v.said.Refresh()
	v.all.Refresh()
}

// soonExpired is how long before it expires a certificate is warned of.
const soonExpired = 14 * 24 * time.Hour

// certificateSign says whose certificate is in a file, and until when it is valid; without a word where there is no file.
func certificateSign(path string, now time.Time) widget.Sign {
	if path == "" {
		return widget.Sign{}
	}
	const most = 1 << 20
	content, err := readAtMost(path, most)
	var c *x509.Certificate
	if err == nil {
		err = errors.New("no certificate in PEM")
		if block, _ := pem.Decode(content); block != nil {
			c, err = x509.ParseCertificate(block.Bytes)
		}
	}
	bad := widget.Sign{Icon: theme.WarningIcon, Color: theme.Danger}
	switch {
	case err != nil:
		bad.Word = text.T("settings.certificate.unreadable")
		return bad
	case now.After(c.NotAfter):
		bad.Word = text.T("settings.certificate.expired", "Day", text.Date(c.NotAfter))
		return bad
	}
	name := c.Subject.CommonName
	if len(c.DNSNames) > 0 {
		name = c.DNSNames[0]
	}
	sign := widget.Sign{Icon: theme.CheckCircleIcon, Color: theme.Success, Word: text.T("settings.certificate.valid", "Name", name, "Day", text.Date(c.NotAfter))}
	if c.NotAfter.Sub(now) < soonExpired {
		sign.Icon, sign.Color = theme.WarningIcon, theme.Warning
	}
	return sign
}
