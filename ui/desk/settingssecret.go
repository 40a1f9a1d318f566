package desk

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"

	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// pemKinds are how files with certificates and keys are called.
var pemKinds = []string{".pem", ".crt", ".cer", ".key"}

// labelled is what is chosen with buttons under the label of a setting, with its hint, or the problem, below.
type labelled struct {
	object  *fyne.Container
	hint    *widget.Text
	problem *widget.Badge
}

func newLabelled(name string, what ...fyne.CanvasObject) *labelled {
	label := widget.Small(settingLabel(name))
	label.Bold, label.Color = true, theme.Text
	l := &labelled{hint: widget.Small(settingHint(name)), problem: widget.NewBadge(widget.Sign{})}
	l.hint.Clip = true
	parts := append([]fyne.CanvasObject{label}, what...)
	l.object = widget.Column(theme.Space4, append(parts, l.hint, l.problem)...)
	return l
}

// say shows the problem in place of the hint; "" the hint.
func (l *labelled) say(problem string) {
	l.problem.Set(widget.Sign{Icon: theme.WarningIcon, Color: theme.Danger, Word: problem})
	l.problem.Hidden, l.hint.Hidden = problem == "", problem != ""
	l.object.Refresh()
}

// secretSign tells whether there is a secret; what it is, nobody is told.
func secretSign(set bool) widget.Sign {
	if set {
		return widget.Sign{Icon: theme.CheckCircleIcon, Color: theme.Success, Word: text.T("settings.secret.set")}
	}
	return widget.Sign{Icon: theme.MinusIcon, Color: theme.Muted, Word: text.T("settings.secret.unset")}
}

// draftSign tells what becomes of a secret when the section is saved.
func draftSign(d secretDraft, set bool) widget.Sign {
	later := widget.Sign{Icon: theme.EditIcon, Color: theme.Muted}
	switch {
	case d.Remove:
		later.Word = text.T("settings.secret.removing")
	case d.File != "":
		later.Word = text.T("settings.secret.file", "File", d.File)
	default:
		return secretSign(set)
	}
	return later
}

// newSecretControl says whether a secret is set, and lets it be replaced or removed. A password is typed, a key comes from
// a file.
func (p *settingsPage) newSecretControl(setting directory.Setting) settingControl {
	name := setting.Name
	change := func(d secretDraft) { p.set(p.state.withSecret(name, d)) }
	status := widget.NewStatus(widget.Sign{})
	typed := widget.NewSecret(text.T("settings.secret.new"), "")
	typed.OnChanged = func(words string) {
		if d := p.state.Hidden[name]; d.Open && d.Value != words { // else it was not typed
			change(secretDraft{Open: true, Value: words})
		}
	}
	replace := widget.NewButton("", nil)
	remove := widget.NewButton(text.T("settings.secret.remove"), nil)
	keep := widget.NewButton(text.T("settings.secret.keep"), nil)
	replace.OnTapped = func() {
		if name == directory.DKIMKey {
			p.desk.pickFile(pick{Title: settingLabel(name), Act: text.T("files.choose"), Extensions: pemKinds}, func(path string) { p.readKey(name, path) })
			return
		}
		change(secretDraft{Open: true})
		p.desk.focus(typed.Entry)
	}
	remove.OnTapped = func() { change(secretDraft{Remove: true}); p.desk.focus(keep) }
	keep.OnTapped = func() { change(secretDraft{}); p.desk.focus(replace) }
	line := widget.Line(theme.Space8, status, replace, remove, keep)
	l := newLabelled(name, line, typed)
	return settingControl{object: l.object, first: replace, fill: func(s settingsState) {
		d, set := s.Hidden[name], s.Secrets[name]
		status.Set(draftSign(d, set))
		replace.SetText(text.T("settings.secret.replace"))
		if !set {
			replace.SetText(text.T("settings.secret.give"))
		}
		idle := d == secretDraft{}
		replace.Hidden, remove.Hidden, keep.Hidden, typed.Hidden = !idle, !idle || !set, idle, !d.Open
		if typed.Text() != d.Value && d.File == "" {
			typed.SetText(d.Value)
		}
		l.say(settingProblem(s, name))
	}}
}

// readKey takes the key in a file; whether it can be used is told when it is kept.
func (p *settingsPage) readKey(name, path string) {
	p.desk.beside(p.desk.ctx, func(context.Context) {
		content, err := readAtMost(path, directory.MaxSecret+1)
		if err == nil {
			_, err = directory.ParseDKIMKey([]byte(strings.TrimSpace(string(content))))
		}
		p.desk.do(func() {
			if err != nil {
				p.set(p.state.refuse(directory.FieldError{Field: name, Problem: directory.InvalidKey}))
				return
			}
			p.set(p.state.withSecret(name, secretDraft{Value: string(content), File: filepath.Base(path)}))
		})
	})
}

// newCertificatesControl says which certificates a setting holds, and lets others be chosen.
func (p *settingsPage) newCertificatesControl(setting directory.Setting) settingControl {
	name := setting.Name
	words := clipped("")
	choose := widget.NewButton(text.T("settings.file.choose"), func() {
		p.desk.pickFile(pick{Title: settingLabel(name), Act: text.T("files.choose"), Extensions: pemKinds}, func(path string) { p.readCertificates(setting, path) })
	})
	remove := widget.NewButton(text.T("settings.secret.remove"), func() {
		p.set(p.state.typed(name, ""))
		p.desk.focus(choose)
	})
	l := newLabelled(name, words, widget.Line(theme.Space8, choose, remove))
	return settingControl{object: l.object, first: choose, fill: func(s settingsState) {
		content, _ := base64.StdEncoding.DecodeString(s.value(name)) // it is what readCertificates or Get made of bytes
		words.SetText(certificateWords(content))
		remove.Hidden = len(content) == 0
		l.say(settingProblem(s, name))
	}}
}

func (p *settingsPage) readCertificates(setting directory.Setting, path string) {
	p.desk.beside(p.desk.ctx, func(context.Context) {
		content, err := readAtMost(path, int64(setting.Max)+1)
		p.desk.do(func() {
			if err != nil {
				p.set(p.state.refuse(directory.FieldError{Field: setting.Name, Problem: directory.InvalidCertificate}))
				return
			}
			p.set(p.state.typed(setting.Name, base64.StdEncoding.EncodeToString(content)).left(setting.Name))
		})
	})
}

// certificateWords are whose certificates PEM holds, and until when they are valid.
func certificateWords(content []byte) string {
	const few = 3
	var names []string
	for block, rest := pem.Decode(content); block != nil && len(names) <= few; block, rest = pem.Decode(rest) {
		c, err := x509.ParseCertificate(block.Bytes)
		switch {
		case err != nil:
		case len(names) == few:
			names = append(names, "…")
		default:
			names = append(names, text.T("settings.certificate.until", "Name", orElse(c.Subject.CommonName, c.Subject.String()), "Day", text.Date(c.NotAfter)))
		}
	}
	if len(names) == 0 {
		return text.T("settings.certificate.none")
	}
	return strings.Join(names, ", ")
}

// newPathControl is a path that is typed or chosen.
func (p *settingsPage) newPathControl(setting directory.Setting) settingControl {
	c := p.newSettingField(setting)
	choose := widget.NewButton(text.T("settings.file.choose"), func() {
		p.desk.pickFile(pick{Title: settingLabel(setting.Name), Act: text.T("files.choose"), Extensions: pemKinds}, func(path string) {
			p.set(p.state.typed(setting.Name, path))
		})
	})
	if f, ok := c.object.(*widget.Field); ok {
		c.object = widget.BesideField(f, choose)
	}
	return c
}

// usualPort is the port of a way to protect the connection (RFC 6409, RFC 8314, RFC 5321).
func usualPort(s directory.MailSecurity) int {
	switch s {
	case directory.TLS:
		return 465
	case directory.Plain:
		return 25
	}
	return 587
}

// chooserWords is who chooses the PIN of a card that has none, as things stand.
func chooserWords(w directory.Workspace) string {
	switch {
	case w.PINChooser == directory.UserHere:
		return text.T("settings.chooser.here")
	case !w.CanMail():
		return text.T("settings.chooser.no_mail")
	}
	return text.T("settings.chooser.mail")
}
