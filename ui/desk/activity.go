package desk

import (
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/audit"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
	"tapstation/ui/wording"
)

// activityPage is one act with all that is on record of it.
type activityPage struct {
	desk *Desk
	back page
	all  fyne.CanvasObject
	user *widget.Button
}

func newActivityPage(d *Desk, e audit.Entry, back page) *activityPage {
	p := &activityPage{desk: d, back: back}
	facts := []widget.Fact{}
	add := func(key, value string) {
		if label := text.T(key); value != "" {
			facts = append(facts, widget.Fact{Label: label, Value: widget.NewCopyable(label, value)})
		}
	}
	add("activity.time", e.Time.Local().Format(time.RFC3339))
	add("activity.by", wording.Actor(e.Actor))
	add("activity.user", e.User)
	add("activity.key", e.Key)
	for _, name := range slices.Sorted(maps.Keys(e.Detail)) {
		label := detailLabel(name)
		facts = append(facts, widget.Fact{Label: label, Value: widget.NewCopyable(label, e.Detail[name])})
	}
	add("activity.place", strconv.FormatUint(e.Seq, 10))
	facts = append(facts, widget.Fact{Label: text.T("activity.hash"),
		Value: widget.NewCopyableLines(text.T("activity.hash"), hex.EncodeToString(e.Hash))})

	goBack := widget.NewQuiet(text.T("activity.back"), "", theme.BackIcon, p.goBack)
	title := widget.Heading(wording.Act(e.Act))
	var head fyne.CanvasObject = title
	if e.User != "" {
		p.user = widget.NewButton(text.T("activity.show_user"), func() { d.ShowUser(e.User) }).WithIcon(theme.UserIcon)
		head = widget.TitleLine(wording.Act(e.Act), p.user)
	}
	body := container.NewVScroll(widget.Pad(theme.Space4, container.NewVBox(
		widget.Form(widget.Panel(widget.PadXY(theme.Space24, theme.Space12, widget.Facts(facts...)))))))
	p.all = widget.PadXY(theme.Space32-theme.Space4, theme.Space24, widget.Above(theme.Space8, body,
		widget.PadXY(theme.Space4, 0, widget.Column(theme.Space8,
			container.NewHBox(container.New(outdentLayout{}, goBack)), head))))
	return p
}

// detailLabel names a particular of an entry; one that a newer version wrote is named as it is kept.
func detailLabel(name string) string {
	key := "activity.detail." + name
	if label := text.T(key); label != key {
		return label
	}
	return name
}

func (p *activityPage) content() fyne.CanvasObject { return p.all }

func (p *activityPage) goBack() { p.desk.show(p.back) }

func (p *activityPage) keys() *widget.Keys { return &widget.Keys{Escape: p.goBack} }

func (p *activityPage) shown() {
	if p.user != nil {
		p.desk.focus(p.user)
	}
}

func (p *activityPage) left() {}

func (p *activityPage) place() string { return activitiesPlace }
