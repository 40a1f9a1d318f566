package desk

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// mailSheet shows a mail about as mail programs do: what is a button there looks like one, and does nothing.
func mailSheet(s templateState, w directory.Workspace) fyne.CanvasObject {
	words := text.In(s.Language)
	sheet := widget.Column(theme.Space16)
	if len(w.Logo) > 0 {
		sheet.Add(container.NewHBox(logoPicture(w.Logo)))
	}
	name := widget.NewText(w.Name)
	name.Bold, name.Color, name.Clip = true, theme.Muted, true
	sheet.Add(name)
	for _, b := range mailBlocks(s.Shown, s.Letter) {
		switch b.Form {
		case linkBlock:
			label := words.T("mail.button.activation")
			if s.Kind == directory.PINMail {
				label = words.T("mail.button.pin_setup")
			}
			address := widget.Hint(words.T("mail.button.instead") + "\n" + b.Words)
			address.SetSize(theme.TextSmall)
			sheet.Add(widget.Column(theme.Space8, container.NewHBox(lookOfButton(label)), address))
		case codeBlock:
			code := widget.NewText(b.Words)
			code.TextSize, code.Bold, code.Mono = theme.TextLarge, true, true
			sheet.Add(container.NewHBox(widget.Panel(widget.PadXY(theme.Space16, theme.Space8, code))))
		default:
			sheet.Add(widget.NewParagraph(b.Words))
		}
	}
	return widget.Panel(widget.Pad(theme.Space24, sheet))
}

// lookOfButton is a button that cannot be pressed, and is no stop for Tab.
func lookOfButton(label string) fyne.CanvasObject {
	words := widget.NewText(label)
	words.Bold, words.Color = true, theme.OnPrimary
	return widget.Filled(theme.Primary, widget.PadXY(theme.Space24, theme.Space8, words))
}

// mailText shows a mail as it is read where HTML is not.
func mailText(s templateState) fyne.CanvasObject {
	words := widget.NewCopyableLines(text.T("template.plain"), s.Shown.Text)
	return widget.Panel(widget.Pad(theme.Space24, words))
}
