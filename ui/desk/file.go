package desk

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/assets/text"
	"tapstation/ui/widget"
)

// fileField asks for a file: its path is typed, pasted, or found with the button beside it.
type fileField struct {
	field   *widget.Field
	content fyne.CanvasObject
}

// newFileField asks for a file whose name ends in one of extensions (".png"), or for any. chosen is called with the path
// that was found with the button; one that is typed is the field's affair.
func newFileField(d *Desk, label, hint string, extensions []string, chosen func(path string)) *fileField {
	f := &fileField{field: widget.NewField(label, hint)}
	choose := widget.NewButton(text.T("file.choose"), func() {
		d.chooseFile(extensions, func(path string) {
			f.field.SetText(path)
			f.field.SetProblem("")
			chosen(path)
		})
	})
	f.content = container.New(renameLayout{}, f.field, choose)
	return f
}

// chooseFile shows the files of this machine. chosen is called on the window's goroutine, and not at all when none was
// chosen.
func (d *Desk) chooseFile(extensions []string, chosen func(path string)) {
	d.pickFile(pick{Title: text.T("files.title"), Act: text.T("files.choose"), Extensions: extensions}, chosen)
}

// saveFile asks where a file of this name shall be kept: in a place where there is none of it yet. chosen is called on
// the window's goroutine, and not at all when no place was chosen.
func (d *Desk) saveFile(name string, chosen func(path string)) {
	d.pickFile(pick{Title: text.T("files.title_save"), Act: text.T("files.save"), Save: name}, chosen)
}
