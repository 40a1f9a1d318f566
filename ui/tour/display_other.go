//go:build !linux

package tour

import (
	"errors"
	"image"

	"fyne.io/fyne/v2"
)

// fromDisplay is not needed where windows are drawn by hardware, whose canvas gives what it has shown.
func fromDisplay(fyne.Window) (*image.RGBA, error) {
	return nil, errors.New("pictures are not taken from the display on this system")
}
