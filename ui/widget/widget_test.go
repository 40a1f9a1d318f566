package widget

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"tapstation/ui/theme"
)

// onPage shows o on a page with keys and returns the canvas.
func onPage(t *testing.T, keys *Keys, o fyne.CanvasObject) fyne.Canvas {
	t.Helper()
	test.NewTempApp(t)
	fyne.CurrentApp().Settings().SetTheme(theme.New(theme.Light))
	w := test.NewTempWindow(t, o)
	w.Resize(fyne.NewSize(800, 600))
	keys.Attach(w.Canvas())
	return w.Canvas()
}

// press gives a key to what has the focus, or else to the page, as a window does.
func press(c fyne.Canvas, names ...fyne.KeyName) {
	for _, name := range names {
		e := &fyne.KeyEvent{Name: name}
		if f := c.Focused(); f != nil {
			f.TypedKey(e)
		} else if do := c.OnTypedKey(); do != nil {
			do(e)
		}
	}
}

// write types into what has the focus.
func write(c fyne.Canvas, words string) {
	for _, r := range words {
		if f := c.Focused(); f != nil {
			f.TypedRune(r)
		} else if do := c.OnTypedRune(); do != nil {
			do(r)
		}
	}
}

// count is a function that counts how often it is called.
func count(n *int) func() { return func() { *n++ } }
