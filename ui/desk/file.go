package desk

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	fynestorage "fyne.io/fyne/v2/storage"

	"tapstation/assets/text"
	"tapstation/ui/theme"
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
	files := dialog.NewFileOpen(func(r fyne.URIReadCloser, err error) {
		if err != nil || r == nil {
			return // it cannot be opened: whoever reads it by its path is told why
		}
		path := r.URI().Path()
		if err := r.Close(); err != nil {
			fyne.LogError("close "+path, err)
		}
		chosen(path)
	}, d.window)
	if len(extensions) > 0 {
		files.SetFilter(fynestorage.NewExtensionFileFilter(extensions))
	}
	files.Resize(d.window.Canvas().Size().SubtractWidthHeight(4*theme.Space32, 4*theme.Space32))
	files.Show()
}

// saveFile asks where a file of this name shall be kept. chosen is called on the window's goroutine, and not at all when
// no place was chosen.
func (d *Desk) saveFile(name string, chosen func(path string)) {
	files := dialog.NewFileSave(func(w fyne.URIWriteCloser, err error) {
		if err != nil || w == nil {
			return
		}
		path := w.URI().Path()
		if err := w.Close(); err != nil {
			fyne.LogError("close "+path, err)
		}
		chosen(path)
	}, d.window)
	files.SetFileName(name)
	files.Resize(d.window.Canvas().Size().SubtractWidthHeight(4*theme.Space32, 4*theme.Space32))
	files.Show()
}
