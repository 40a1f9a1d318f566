package widget

import (
	"bytes"
	"image"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"tapstation/ui/theme"
)

func TestFocusCanBeSeen(t *testing.T) {
	for name, w := range map[string]interface {
		fyne.CanvasObject
		fyne.Focusable
	}{
		"button":    NewButton("Stop", nil),
		"primary":   NewPrimary("Done", nil),
		"toggle":    NewToggle("Offline Login", "", nil),
		"choice":    NewChoice("Which?", 1, nil, Option{ID: "a", Title: "A"}, Option{ID: "b", Title: "B"}),
		"rail item": NewRailItem(theme.UsersIcon, "Users", nil),
	} {
		t.Run(name, func(t *testing.T) {
			a := test.NewTempApp(t)
			a.Settings().SetTheme(theme.New(theme.Light))
			window := test.NewTempWindow(t, Pad(theme.Space24, w))
			before := pixels(t, window)
			window.Canvas().Focus(w)
			if bytes.Equal(before, pixels(t, window)) {
				t.Error("it looks the same with the focus and without")
			}
		})
	}
}

func pixels(t *testing.T, w fyne.Window) []byte {
	t.Helper()
	picture, ok := w.Canvas().Capture().(*image.NRGBA)
	if !ok {
		t.Fatal("the window has no picture")
	}
	return picture.Pix
}
