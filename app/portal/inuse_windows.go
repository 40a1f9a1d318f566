package portal

import (
	"errors"

	"golang.org/x/sys/windows"
)

// inUse is what Windows says of a taken address: by its own number, and where the other wants it for itself alone by another.
func inUse(err error) bool {
	return errors.Is(err, windows.WSAEADDRINUSE) || errors.Is(err, windows.WSAEACCES)
}
