package wording

import (
	"errors"

	"tapstation/app/portal"
	"tapstation/assets/text"
)

// ofPortal is what keeps the pages behind links from being served.
func ofPortal(err error) (Words, bool) {
	for _, known := range []struct {
		err  error
		name string
	}{
		{portal.ErrPlain, "plain"}, {portal.ErrCertificate, "certificate"}, {portal.ErrAddressTaken, "address_taken"}, {portal.ErrAddress, "address"},
	} {
		if errors.Is(err, known.err) {
			return Words{text.T("trouble.portal." + known.name + ".title"), text.T("trouble.portal." + known.name + ".remedy")}, true
		}
	}
	return Words{}, false
}
