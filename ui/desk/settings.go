package desk

import (
	"context"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
	"tapstation/ui/wording"
)

// settingsPage is the settings of the workspace, section by section.
type settingsPage struct {
	desk   *Desk
	state  settingsState
	asked  int
	cancel context.CancelFunc

	items    map[section]*widget.RailItem
	controls map[string]settingControl // of the section shown
	views    map[section]sectionView
	first    fyne.Focusable
	warning  *widget.Badge     // what a change makes useless
	policy   *widget.Paragraph // what people are told of a PIN
	notice   *widget.Badge
	failure  *widget.Paragraph // why it could not be saved
	save     *widget.Button
	discard  *widget.Button
	chooser  *widget.Paragraph // what holds now of who chooses the PIN
	test     *mailTest
	portal   *portalView
	body     *fyne.Container   // of the section
	scroll   *container.Scroll // what scrolls in it
	drawn    string
	all      fyne.CanvasObject
}

// sectionIcons are the signs of the sections, which are shown in this order.
var sectionIcons = []struct {
	section section
	icon    *theme.Icon
	right   directory.Right
}{
	{workspaceSection, theme.SettingsIcon, directory.SeeDirectory},
	{partySection, theme.LinkIcon, directory.SeeDirectory},
	{cardSection, theme.CardIcon, directory.SeeDirectory},
	{pinSection, theme.PINIcon, directory.SeeDirectory},
	{offlineSection, theme.OfflineIcon, directory.SeeDirectory},
	{mailSection, theme.MailIcon, directory.SeeDirectory},
	{portalSection, theme.GlobeIcon, directory.SeeDirectory},
	{ticketSection, theme.ClockIcon, directory.SeeDirectory},
	{backupSection, theme.ExportIcon, directory.BackUp},
}

func newSettingsPage(d *Desk) *settingsPage {
	p := &settingsPage{desk: d, cancel: func() {}, state: settingsState{Section: workspaceSection},
		items: map[section]*widget.RailItem{}, body: container.NewStack(), policy: widget.Hint(""), chooser: widget.Hint(""),
		warning: widget.NewStatus(widget.Sign{}), notice: widget.NewStatus(widget.Sign{})}
	p.views = sectionViews(d)
	p.test, p.portal = newMailTest(d), newPortalView(d)
	p.test.came = func() { p.scroll.ScrollToBottom() } // it stands below everything
	p.failure = widget.NewParagraph("")
	p.failure.SetColor(theme.Danger)
	p.save = widget.NewPrimary(text.T("settings.save"), p.trySave)
	p.discard = widget.NewButton(text.T("settings.discard"), p.forget)
	sections := widget.Column(theme.Space4)
	for _, s := range sectionIcons {
		if !d.may(s.right) {
			continue
		}
		item := widget.NewRailItem(s.icon, text.T("settings.section."+string(s.section)), func() { p.choose(s.section) })
		p.items[s.section] = item
		sections.Add(item)
	}
	if d.may(directory.ChangeSettings) {
		sections.Add(widget.NewRailItem(theme.EditIcon, text.T("template.title"), d.ShowTemplates))
	}
	if d.may(directory.ManageAdmins) {
		sections.Add(widget.NewRailItem(theme.UsersIcon, text.T("admins.title"), d.ShowAdmins))
	}
	p.all = widget.PadXY(theme.Space32, theme.Space24, widget.Above(theme.Space16,
		container.New(besideBodyLayout{}, sections, p.body), widget.Heading(text.T("settings.title"))))
	p.render()
	return p
}

// sectionView is a section that is more than settings.
type sectionView interface {
	content() fyne.CanvasObject
	shown()
	left()
	leave(then func()) // asks, if need be, and calls then when one may go
	first() fyne.Focusable
}

// sectionViews are those there are.
func sectionViews(d *Desk) map[section]sectionView {
	return map[section]sectionView{backupSection: newBackupView(d)}
}

// view is the section shown, if it is more than settings; else nil.
func (p *settingsPage) view() sectionView { return p.views[p.state.Section] }

// ShowSettings goes to the settings.
func (d *Desk) ShowSettings() { d.open(settingsPlace) }

func (p *settingsPage) content() fyne.CanvasObject { return p.all }

func (p *settingsPage) keys() *widget.Keys {
	return &widget.Keys{Enter: func() {
		if p.state.changed() {
			p.trySave()
		}
	}, Escape: func() {
		if p.state.changed() {
			p.desk.askToLeave(p.forget)
		}
	}}
}

func (p *settingsPage) shown() {
	p.ask()
	if v := p.view(); v != nil {
		v.shown()
	}
	p.desk.focus(p.items[p.state.Section])
}

func (p *settingsPage) left() {
	p.cancel()
	p.asked++
	p.state = p.state.discard()
	if v := p.view(); v != nil {
		v.left()
	}
	p.test.left()
	p.portal.left()
	p.showAppearance()
}

// leave asks before what was typed is lost.
func (p *settingsPage) leave(then func()) {
	if p.state.changed() {
		p.desk.askToLeave(then)
		return
	}
	if v := p.view(); v != nil {
		v.leave(then)
		return
	}
	then()
}

// choose goes to a section.
func (p *settingsPage) choose(to section) {
	if to == p.state.Section {
		p.focusFirst()
		return
	}
	p.leave(func() {
		if v := p.view(); v != nil {
			v.left()
		}
		p.test.left()
		p.portal.left()
		p.set(p.state.open(to))
		p.look()
		if v := p.view(); v != nil {
			v.shown()
		}
		p.focusFirst()
	})
}

// focusFirst goes to what can be changed first.
func (p *settingsPage) focusFirst() {
	first := p.first
	if v := p.view(); v != nil {
		first = v.first()
	}
	if first != nil {
		p.desk.focus(first)
	}
}

// look begins to look at what stands beside the settings of a section.
func (p *settingsPage) look() {
	if p.state.Section == portalSection && p.state.Known {
		p.portal.shown(p.state.Saved)
	}
}

// ask asks for the settings as they are kept.
func (p *settingsPage) ask() {
	p.cancel()
	ctx, cancel := context.WithCancel(p.desk.ctx)
	p.cancel = cancel
	p.asked++
	n, me := p.asked, p.desk.session.UserID
	p.state.Failed = nil
	p.desk.beside(ctx, func(ctx context.Context) {
		w, err := p.desk.station.Directory.Workspace(ctx)
		keys := 0
		if err == nil {
			var figures directory.Statistics
			figures, err = p.desk.station.Directory.Statistics(ctx, directory.StatisticsQuery{})
			keys = figures.Keys[directory.Active] + figures.Keys[directory.Disabled]
		}
		secrets := map[string]bool{}
		for _, setting := range directory.Settings() {
			if err == nil && setting.Kind == directory.SecretSetting {
				secrets[setting.Name], err = p.desk.station.Directory.HasSecret(ctx, setting.Name)
			}
		}
		self, _, _ := p.desk.station.Directory.User(ctx, me) // without one no address is suggested
		p.desk.do(func() {
			if n != p.asked {
				return
			}
			s := p.state
			s.Failed = err
			p.test.suggest(self.Email)
			if err == nil {
				s.Saved, s.Keys, s.Secrets, s.Known = w, keys, secrets, true
			}
			p.drawn = ""
			p.set(s)
			p.look()
		})
	})
}

// set shows another state.
func (p *settingsPage) set(s settingsState) {
	p.state = s
	p.render()
	p.showAppearance()
}

// showAppearance shows the window as it was chosen to look, kept or not.
func (p *settingsPage) showAppearance() {
	if p.state.Known {
		w, _ := p.state.draft()
		p.desk.setAppearance(w.Appearance)
	}
}

// forget discards what was typed.
func (p *settingsPage) forget() {
	p.set(p.state.discard())
	p.focusFirst()
}

func (p *settingsPage) render() {
	for name, item := range p.items {
		item.Select(name == p.state.Section)
	}
	s := p.state
	switch {
	case s.Failed != nil:
		p.put("failed:"+s.Failed.Error(), func() fyne.CanvasObject { return failedView(s.Failed, p.ask) })
	case !s.Known:
		p.put("unknown", func() fyne.CanvasObject { return container.NewStack() })
	case p.view() != nil:
		p.put(string(s.Section), p.view().content)
	default:
		p.put(string(s.Section), p.sectionForm)
		p.fill()
	}
}

func (p *settingsPage) put(name string, make func() fyne.CanvasObject) {
	if p.drawn == name {
		return
	}
	p.drawn = name
	p.body.Objects = []fyne.CanvasObject{make()}
	p.body.Refresh()
}

// settingsWidth is how wide the settings of a section are at most, in units.
const settingsWidth float32 = 640

// sectionForm is the settings of a section, and what saves them.
func (p *settingsPage) sectionForm() fyne.CanvasObject {
	name := p.state.Section
	head := []fyne.CanvasObject{widget.Title(text.T("settings.section." + string(name))),
		widget.Hint(text.T("settings.about." + string(name)))}
	if !p.desk.may(directory.ChangeSettings) {
		p.controls, p.first = nil, nil
		rows := append(head, readOnly(settingsOf[name], p.state), widget.Hint(text.T("settings.read_only")))
		if name == portalSection {
			rows = append(rows, p.portal.all)
		}
		return container.NewVScroll(roomForRings(widget.Form(widget.Column(theme.Space12, rows...))))
	}
	p.controls, p.first = map[string]settingControl{}, nil
	rows := head
	for _, setting := range settingsOf[name] {
		c := p.newControl(setting)
		p.controls[setting] = c
		if p.first == nil {
			p.first = c.first
		}
		if part := settingParts[setting]; part != "" {
			title := widget.NewText(text.T("settings.part." + part))
			title.Bold = true
			rows = append(rows, widget.PadXY(0, theme.Space8, widget.Above(theme.Space8, title, widget.Rule())))
		}
		rows = append(rows, c.object)
		switch setting {
		case "rp_id":
			rows = append(rows, p.warning)
		case "pin_chooser":
			rows = append(rows, p.chooser)
		}
	}
	switch name {
	case pinSection:
		rows = append(rows, p.policy)
	case mailSection:
		rows = append(rows, p.test.all)
	case portalSection:
		rows = append(rows, p.portal.all)
	}
	foot := container.NewVBox(widget.PadXY(0, theme.Space8, widget.Rule()), p.failure,
		container.NewBorder(nil, nil, p.discard, p.save, container.NewCenter(p.notice)))
	p.scroll = container.NewVScroll(roomForRings(widget.AtMost(settingsWidth, widget.Column(theme.Space12, rows...))))
	return container.NewBorder(nil, widget.PadXY(theme.Space8, 0, widget.AtMost(settingsWidth, foot)), nil, nil, p.scroll)
}

// roomForRings keeps o off the edges of what scrolls, where rings of focus would be cut off.
func roomForRings(o fyne.CanvasObject) fyne.CanvasObject {
	return widget.PadXY(theme.Space8, theme.Space4, o)
}

// fill shows the state in the controls.
func (p *settingsPage) fill() {
	s := p.state
	for _, c := range p.controls {
		c.fill(s)
	}
	if s.Section == pinSection {
		w, _ := s.draft()
		p.policy.SetText(text.T("settings.pin.told", "Policy", wording.Policy(w.PINPolicy)))
	}
	if s.Section == ticketSection {
		w, _ := s.draft()
		p.chooser.SetText(chooserWords(w))
	}
	p.test.render(s.changed() || s.Saved.Mail.Host == "")
	can := s.changed() && !s.Saving
	p.save.SetEnabled(can)
	p.discard.SetEnabled(can)
	p.warning.Hidden = s.Keys == 0
	p.warning.Set(widget.Sign{Icon: theme.WarningIcon, Color: theme.Warning,
		Word: text.N("settings.moves.warning", s.Keys, "Number", text.Number(s.Keys))})
	p.failure.Hidden = s.Wrong == nil
	if s.Wrong != nil {
		p.failure.SetText(problemSign(s.Wrong).Word)
	}
	sign := widget.Sign{}
	switch {
	case s.Saving:
		sign = widget.Sign{Icon: theme.ClockIcon, Color: theme.Muted, Word: text.T("settings.saving")}
	case s.Done:
		sign = widget.Sign{Icon: theme.CheckCircleIcon, Color: theme.Success, Word: text.T("settings.saved")}
	case len(s.Problems) > 0:
		sign = widget.Sign{Icon: theme.WarningIcon, Color: theme.Danger, Word: text.N("settings.problems", len(s.Problems),
			"Number", strconv.Itoa(len(s.Problems)))}
	case s.changed():
		sign = widget.Sign{Icon: theme.EditIcon, Color: theme.Muted, Word: text.T("settings.changed")}
	}
	p.notice.Hidden = sign.Word == ""
	p.notice.Set(sign)
	p.body.Refresh()
}

// besideBodyLayout is a column of fixed width and, beside it, what takes the rest.
type besideBodyLayout struct{}

const sectionsWidth float32 = 208

func (besideBodyLayout) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	objects[0].Resize(fyne.NewSize(sectionsWidth, objects[0].MinSize().Height))
	x := sectionsWidth + theme.Space32
	objects[1].Move(fyne.NewPos(x, 0))
	objects[1].Resize(fyne.NewSize(max(s.Width-x, 0), s.Height))
}

func (besideBodyLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	a, b := objects[0].MinSize(), objects[1].MinSize()
	return fyne.NewSize(sectionsWidth+theme.Space32+b.Width, max(a.Height, b.Height))
}

// setAppearance shows the window light, dark or as the system is. What the command line asked for holds over it.
func (d *Desk) setAppearance(a directory.Appearance) {
	variant := d.opts.Variant
	if variant == theme.System {
		variant = map[directory.Appearance]theme.Variant{directory.Light: theme.Light, directory.Dark: theme.Dark}[a]
	}
	if d.variant == variant {
		return
	}
	d.variant = variant
	d.app.Settings().SetTheme(theme.New(variant))
}
