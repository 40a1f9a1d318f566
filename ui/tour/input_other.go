//go:build !linux

package tour

import (
	"errors"

	"fyne.io/fyne/v2"
)

var errNoInput = errors.New("only on an X server the tour has a keyboard and a mouse of its own")

// input would send what a keyboard and a mouse do. The walks need it; the pictures do not.
type input struct{}

func newInput(fyne.Window) (*input, error) { return nil, errNoInput }

func (*input) close()                                     {}
func (*input) click(int, int) error                       { return errNoInput }
func (*input) press(fyne.KeyName, fyne.KeyModifier) error { return errNoInput }
func (*input) write(string) error                         { return errNoInput }
