package portal

import (
	"fmt"
	"strings"

	"rsc.io/qr"
)

// qrPicture is a QR code (ISO/IEC 18004) as the path of an SVG, which needs no further request and no style.
type qrPicture struct {
	Size int    // of the whole in modules, with the quiet zone
	Path string // of the dark modules
}

// quiet is the width of the empty zone around the code, in modules (ISO/IEC 18004 §9.1).
const quiet = 4

// qrOf is text as a QR code, or nil where it is too long for one.
func qrOf(text string) *qrPicture {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return nil
	}
	var b strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			from := x
			for x < code.Size && code.Black(x, y) {
				x++
			}
			if x > from {
				_, _ = fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", from+quiet, y+quiet, x-from, x-from) // a strings.Builder takes everything
			}
		}
	}
	return &qrPicture{Size: code.Size + 2*quiet, Path: b.String()}
}
