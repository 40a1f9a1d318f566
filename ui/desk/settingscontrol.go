package desk

import (
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
	"tapstation/ui/wording"
)

// settingControl is one setting on the page, as its kind is set.
type settingControl struct {
	object fyne.CanvasObject
	first  fyne.Focusable
	fill   func(settingsState)
}

// newControl makes the control of a setting.
func (p *settingsPage) newControl(name string) settingControl {
	setting, ok := directory.FindSetting(name)
	switch {
	case !ok:
		return settingControl{object: container.NewStack(), fill: func(settingsState) {}}
	case name == logoSetting:
		return p.newLogoControl()
	case setting.Kind == directory.SecretSetting:
		return p.newSecretControl(setting)
	case setting.Kind == directory.FileSetting:
		return p.newCertificatesControl(setting)
	case name == "portal_certificate" || name == "portal_key":
		return p.newPathControl(setting)
	case name == "language":
		return p.newDropdown(name, languageOptions())
	case setting.Kind == directory.DurationSetting:
		return p.newDropdown(name, durationOptions(setting.Get(p.state.Saved)))
	case setting.Kind == directory.ChoiceSetting:
		var options []widget.Option
		for _, c := range setting.Choices {
			options = append(options, widget.Option{ID: c, Title: text.T("settings." + name + "." + c)})
		}
		return p.newDropdown(name, options)
	case setting.Kind == directory.BoolSetting:
		return p.newToggle(name)
	}
	return p.newSettingField(setting)
}

// settingLabel is what a setting is called, and settingHint what it changes and when.
func settingLabel(name string) string { return text.T("settings." + name + ".label") }

func settingHint(name string) string { return text.T("settings." + name + ".hint") }

func (p *settingsPage) newSettingField(setting directory.Setting) settingControl {
	name := setting.Name
	var f *widget.Field
	if setting.Kind == directory.ListSetting {
		f = widget.NewLines(settingLabel(name), settingHint(name), 3)
	} else {
		f = widget.NewField(settingLabel(name), settingHint(name))
	}
	lines := func(s string) string { return s }
	if setting.Kind == directory.ListSetting { // one a line is easier to read
		lines = func(s string) string { return strings.ReplaceAll(s, ",", "\n") }
	}
	f.OnChanged = func(typed string) {
		if setting.Kind == directory.ListSetting {
			typed = strings.Join(strings.FieldsFunc(typed, func(r rune) bool { return strings.ContainsRune(",; \t\r\n", r) }), ",")
		}
		p.set(p.state.typed(name, typed))
	}
	f.OnLeave = func(string) {
		if p.state.changed() {
			p.set(p.state.left(name))
		}
	}
	shown := ""
	return settingControl{object: f, first: f.Entry, fill: func(s settingsState) {
		// Only what did not come from typing here is put in, so that the cursor stays.
		if value := s.value(name); value != shown {
			shown = value
			if !sameList(setting, f.Text(), value) {
				f.SetText(lines(value))
			}
		}
		f.SetProblem(settingProblem(s, name))
	}}
}

// sameList tells whether what was typed is the value already, however it is spaced.
func sameList(setting directory.Setting, typed, value string) bool {
	if setting.Kind != directory.ListSetting {
		return typed == value
	}
	words := strings.FieldsFunc(typed, func(r rune) bool { return strings.ContainsRune(",; \t\r\n", r) })
	return strings.Join(words, ",") == value
}

// settingProblem is what is said below a setting; empty: nothing is wrong with it.
func settingProblem(s settingsState, name string) string {
	f, wrong := s.Problems[name]
	if !wrong {
		return ""
	}
	setting, _ := directory.FindSetting(name)
	switch {
	case f.Problem == directory.InvalidValue && setting.Kind == directory.ListSetting:
		return text.T("settings.problem.aaguid")
	case f.Problem == directory.InvalidValue && setting.Kind == directory.IntSetting:
		return text.T("settings.problem.number")
	case name == "pin_max_length" && f.Problem == directory.OutOfRange:
		return text.T("settings.problem.pin_lengths", "Min", s.value("pin_min_length"), "Max", text.Number(setting.Max))
	case f.Problem == directory.OutOfRange && setting.Kind == directory.IntSetting:
		return text.T("settings.problem.range", "Min", text.Number(setting.Min), "Max", text.Number(setting.Max))
	case f.Problem == directory.InvalidDomain && strings.HasPrefix(name, "dkim_"):
		return text.T("settings.problem.dkim")
	case f.Problem == directory.InvalidDomain:
		return text.T("settings.problem.domain")
	case name == "portal_url" && f.Problem == directory.InvalidLink:
		return text.T("settings.problem.portal")
	case f.Problem == directory.OutsideRP:
		return text.T("settings.problem.outside_rp", "RP", s.Saved.RPID)
	case name == directory.SMTPPassword && f.Problem == directory.InvalidCharacters:
		return text.T("settings.problem.password")
	case f.Problem == directory.WeakKey:
		return text.T("settings.problem.weak_key", "Bits", text.Number(f.Limit))
	case f.Problem == directory.InvalidLink:
		return text.T("settings.problem.link")
	case name == logoSetting && f.Problem == directory.TooLong:
		return text.T("settings.problem.logo_large", "Size", bytesWords(directory.MaxLogo))
	case name == logoSetting && f.Problem == directory.OutOfRange:
		return text.T("settings.problem.logo_side", "Side", text.Number(directory.MaxLogoSide))
	case name == logoSetting:
		return text.T("settings.problem.logo")
	}
	if words := hostProblems[f.Problem]; words != nil {
		return words()
	}
	return wording.Field(f)
}

// hostProblems are said of where mail goes and where links lead.
var hostProblems = map[directory.Problem]func() string{
	directory.InvalidHost:        func() string { return text.T("settings.problem.host") },
	directory.InvalidAddress:     func() string { return text.T("settings.problem.address") },
	directory.InvalidCertificate: func() string { return text.T("settings.problem.certificate") },
	directory.InvalidKey:         func() string { return text.T("settings.problem.key") },
	directory.NeedsHTTPS:         func() string { return text.T("settings.problem.https") },
	directory.NeedsTLS:           func() string { return text.T("settings.problem.tls") },
}

func (p *settingsPage) newToggle(name string) settingControl {
	t := widget.NewToggle(settingLabel(name), settingHint(name), func(on bool) {
		value := "off"
		if on {
			value = "on"
		}
		p.set(p.state.typed(name, value))
	})
	return settingControl{object: t, first: t, fill: func(s settingsState) { t.Set(s.value(name) == "on") }}
}

func (p *settingsPage) newDropdown(name string, options []widget.Option) settingControl {
	d := widget.NewDropdown(settingLabel(name), settingHint(name), func(id string) { p.set(p.state.typed(name, id)) }, options...)
	return settingControl{object: d, first: d, fill: func(s settingsState) {
		d.Select(s.value(name))
		d.SetProblem(settingProblem(s, name))
	}}
}

// languageOptions are the system's language and the translations there are.
func languageOptions() []widget.Option {
	options := []widget.Option{{ID: "", Title: text.T("settings.language.system")}}
	for _, l := range text.Languages() {
		options = append(options, widget.Option{ID: l, Title: text.T("settings.language." + l)})
	}
	return options
}

// durationOptions are those that are offered, and the present one.
func durationOptions(now string) []widget.Option {
	offered := []string{"1m", "2m", "5m", "10m", "15m", "30m", "1h"}
	if now != "0" && !slices.Contains(offered, now) {
		offered = append(offered, now)
	}
	var options []widget.Option
	for _, o := range offered {
		options = append(options, widget.Option{ID: o, Title: durationWords(o)})
	}
	return append(options, widget.Option{ID: "0", Title: text.T("settings.never")})
}

func durationWords(value string) string {
	d, err := time.ParseDuration(value)
	if err != nil {
		return value
	}
	if d%time.Hour == 0 {
		return text.N("settings.hours", int(d/time.Hour))
	}
	return text.N("settings.minutes", int(d/time.Minute))
}

// settingWords are the value of a setting for those who may only read it.
func settingWords(setting directory.Setting, w directory.Workspace) string {
	value := setting.Get(w)
	switch {
	case setting.Name == "language" && value == "":
		return text.T("settings.language.system")
	case setting.Name == "language":
		return text.T("settings.language." + value)
	case setting.Kind == directory.DurationSetting && value == "0":
		return text.T("settings.never")
	case setting.Kind == directory.DurationSetting:
		return durationWords(value)
	case setting.Kind == directory.ChoiceSetting:
		return text.T("settings." + setting.Name + "." + value)
	case setting.Kind == directory.BoolSetting && value == "on":
		return text.T("user.key.on")
	case setting.Kind == directory.BoolSetting:
		return text.T("user.key.off")
	case setting.Kind == directory.ListSetting && value == "":
		return text.T("settings.none")
	case setting.Kind == directory.ListSetting:
		return strings.ReplaceAll(value, ",", ", ")
	case setting.Name == "smtp_port" && value == "0":
		return text.T("settings.smtp_port.usual", "Port", text.Number(usualPort(w.Mail.Security)))
	case setting.Kind == directory.IntSetting && value == "0":
		return text.T("settings.unlimited")
	}
	return orElse(value, "–")
}

// readOnly shows a section to those who may not change it.
func readOnly(names []string, s settingsState) fyne.CanvasObject {
	w := s.Saved
	var facts []widget.Fact
	for _, name := range names {
		setting, ok := directory.FindSetting(name)
		switch {
		case !ok:
		case name == logoSetting:
			facts = append(facts, widget.Fact{Label: settingLabel(name), Value: widget.Line(0, logoPicture(w.Logo))})
		case setting.Kind == directory.SecretSetting:
			facts = append(facts, widget.Fact{Label: settingLabel(name), Value: widget.Line(0, widget.NewBadge(secretSign(s.Secrets[name])))})
		case setting.Kind == directory.FileSetting:
			facts = append(facts, widget.Fact{Label: settingLabel(name), Value: clipped(certificateWords(w.Mail.CA))})
		default:
			facts = append(facts, widget.Fact{Label: settingLabel(name), Value: clipped(settingWords(setting, w))})
		}
	}
	return widget.Panel(widget.PadXY(theme.Space24, theme.Space12, widget.Facts(facts...)))
}
