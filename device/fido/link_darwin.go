package fido

import (
	"fmt"
	"strings"

	"github.com/keys-pub/go-libfido2"

	"tapstation/device"
)

// The linker of macOS has no --wrap, so that hook.c cannot stand between go-libfido2 and libfido2. A card goes by
// libfido2's own PC/SC transport, which names it pcsc://slotN and tells the reader's name as its product.
const hooked = false

func cardLink(s Session) link {
	return &ownLink{locate: func() (string, error) {
		locations, err := libfido2.DeviceLocations()
		if err != nil {
			return "", fmt.Errorf("find %q among libfido2's readers: %w", s.Reader(), err)
		}
		for _, l := range locations {
			if strings.HasPrefix(l.Path, "pcsc:") && l.Product == s.Reader() {
				return l.Path, nil
			}
		}
		return "", fmt.Errorf("libfido2 does not see %q: %w", s.Reader(), device.ErrNotFIDO)
	}}
}
