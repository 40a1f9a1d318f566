package demo

import (
	"fmt"
	"net/url"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	fynetheme "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// showMail shows one mail. Its first link has the focus: Enter opens it.
func (w *MailWindow) showMail(m Mail) {
	w.on, w.read[m.Number] = m.Number, true
	w.changed()
	failed := widget.NewParagraph("")
	failed.SetColor(theme.Danger)
	failed.Hide()
	body, first := w.body(m, failed)
	back := widget.NewQuiet(text.T("mailbox.back"), "", theme.BackIcon, w.showAll)
	head := fyne.CanvasObject(back)
	if m.HTML {
		head = widget.Between(back, widget.NewButton(text.T("mailbox.page"), func() { w.openPage(m, failed) }).WithIcon(theme.GlobeIcon))
	}
	title := widget.Heading(m.Subject)
	title.Clip = true
	fact := func(words string) fyne.CanvasObject {
		t := widget.NewText(words)
		t.Clip = true
		return t
	}
	facts := widget.Facts(widget.Fact{Label: text.T("mailbox.from"), Value: fact(m.From)},
		widget.Fact{Label: text.T("mailbox.to"), Value: fact(m.To)},
		widget.Fact{Label: text.T("mailbox.arrived"), Value: fact(text.DateTime(m.Arrived))})
	sheet := widget.Panel(container.NewVScroll(widget.PadXY(theme.Space24, theme.Space16, body)))
	w.show(widget.Above(theme.Space12, sheet, head, title, facts, failed), &widget.Keys{Escape: w.showAll})
	if first != nil {
		w.window.Canvas().Focus(first)
	}
}

// body is the text of a mail, whose links can be opened and copied where they stand. first is what opens the first of
// them; nil: there is none.
func (w *MailWindow) body(m Mail, failed *widget.Paragraph) (body *fyne.Container, first *widget.Button) {
	body = widget.Column(theme.Space8)
	for _, p := range parts(m) {
		if !p.link {
			words := fynewidget.NewLabel(p.words)
			words.Wrapping, words.Selectable = fyne.TextWrapWord, true // a code in it is worth copying
			body.Add(words)
			continue
		}
		open := widget.NewButton(text.T("mailbox.open"), func() { w.openLink(p.words, failed) }).WithIcon(theme.GlobeIcon)
		open.Label = text.T("mailbox.open_link", "Link", p.words)
		if first == nil {
			first = open
		}
		inset := fynetheme.Size(fynetheme.SizeNameInnerPadding) // that of a label
		body.Add(container.New(layout.NewCustomPaddedLayout(0, 0, inset, inset),
			container.NewBorder(nil, nil, nil, open, widget.NewCopyable(text.T("mailbox.link"), p.words))))
	}
	return body, first
}

// part is a piece of a mail's text.
type part struct {
	words string
	link  bool
}

// parts parts the text of a mail into its links and what is between them.
func parts(m Mail) (all []part) {
	rest := m.Text
	words := func(s string) {
		// A link stands on a line of its own, indented or not; other lines keep how they are indented.
		if s = strings.TrimRight(strings.Trim(s, "\n"), " \n"); s != "" {
			all = append(all, part{words: s})
		}
	}
	for rest != "" {
		at, link := -1, ""
		for _, l := range m.Links {
			// The first that comes, and of two that begin alike the longer.
			if i := strings.Index(rest, l); i >= 0 && (at < 0 || i < at || i == at && len(l) > len(link)) {
				at, link = i, l
			}
		}
		if at < 0 || link == "" {
			break
		}
		words(rest[:at])
		all = append(all, part{words: link, link: true})
		rest = rest[at+len(link):]
	}
	words(rest)
	return all
}

// openLink opens a link of a mail in the browser.
func (w *MailWindow) openLink(link string, failed *widget.Paragraph) {
	u, err := url.Parse(link)
	if err == nil {
		err = w.open(u)
	}
	w.say(failed, err)
}

// openPage shows a mail in the browser as it was designed.
func (w *MailWindow) openPage(m Mail, failed *widget.Paragraph) {
	w.work.Go(func() {
		u, err := w.box.Page(m.Number)
		w.do(func() {
			if err == nil {
				err = w.open(u)
			}
			w.say(failed, err)
		})
	})
}

// say says why the browser shows nothing.
func (w *MailWindow) say(failed *widget.Paragraph, err error) {
	if err == nil {
		failed.Hide()
		return
	}
	fyne.LogError("open the browser", fmt.Errorf("mailbox: %w", err))
	failed.SetText(text.T("mailbox.failed"))
	failed.Show()
}
