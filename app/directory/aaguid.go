package directory

import (
	"encoding/hex"
	"errors"
	"slices"
	"strings"
)

var errAAGUID = errors.New("not an AAGUID: 32 hex digits, as 8-4-4-4-12")

// FormatAAGUID is the UUID form of an AAGUID (RFC 9562 §4).
func FormatAAGUID(a [16]byte) string {
	h := hex.EncodeToString(a[:])
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
}

// ParseAAGUID takes the UUID form, also without its dashes, in upper or lower case.
func ParseAAGUID(s string) (a [16]byte, err error) {
	digits := s
	if len(s) == 36 {
		for _, at := range []int{8, 13, 18, 23} {
			if s[at] != '-' {
				return a, errAAGUID
			}
		}
		digits = s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:]
	}
	if len(digits) != 32 {
		return a, errAAGUID
	}
	if _, err := hex.Decode(a[:], []byte(digits)); err != nil {
		return [16]byte{}, errAAGUID
	}
	return a, nil
}

// TakesModel tells whether a workspace takes keys of a model: one of those allowed, where any are named, and none of
// those denied.
func (w Workspace) TakesModel(aaguid [16]byte) bool {
	return (len(w.AllowedAAGUIDs) == 0 || slices.Contains(w.AllowedAAGUIDs, aaguid)) && !slices.Contains(w.DeniedAAGUIDs, aaguid)
}
