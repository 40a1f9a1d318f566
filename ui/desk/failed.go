package desk

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
	"tapstation/ui/wording"
)

// failedView stands where a page could not be shown: what happened, what to do, and the technical text, to be
// copied, for whoever helps.
func failedView(err error, again func()) fyne.CanvasObject {
	words := wording.Error(err)
	retry := widget.NewPrimary(text.T("page.again"), again).WithIcon(theme.AgainIcon)
	details := widget.NewCopyableLines(text.T("page.details"), err.Error())
	return container.NewCenter(widget.Column(theme.Space16,
		widget.Empty(theme.WarningIcon, words.Title, words.Remedy, retry), details))
}
