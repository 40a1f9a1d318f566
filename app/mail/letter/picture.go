package letter

import (
	"bytes"
	"encoding/base64"
	"image"
	_ "image/jpeg" // a logo may be one
	"image/png"
	"math"
	"sync"

	"golang.org/x/image/draw"

	"tapstation/app/directory"
)

// pictureID is the Content-ID of the logo. It is named from within the message only.
const pictureID = "logo@tapstation"

// The largest size at which a logo is shown, in CSS pixels. The picture has twice as many each way, for fine screens.
const (
	logoWidth  = 220
	logoHeight = 48
)

// picture is a logo as it goes with a mail.
type picture struct {
	png           []byte
	width, height int // as it is shown
}

// related is where a page has the picture from that goes with the message (RFC 2392).
func (p *picture) related() string { return "cid:" + pictureID }

// inline is the picture itself, for a page that stands alone.
func (p *picture) inline() string {
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(p.png)
}

// lastScaled is the logo that was scaled last: that of the workspace, for each of thousands of mails.
var lastScaled struct {
	sync.Mutex
	logo    []byte
	picture *picture
}

// scaled is a logo made small enough to go with every mail, and nothing of its file but the picture; nil for one that
// cannot be shown there.
func scaled(logo []byte) *picture {
	if len(logo) == 0 {
		return nil
	}
	lastScaled.Lock()
	defer lastScaled.Unlock()
	if !bytes.Equal(lastScaled.logo, logo) {
		lastScaled.logo, lastScaled.picture = bytes.Clone(logo), scale(logo)
	}
	return lastScaled.picture
}

func scale(logo []byte) *picture {
	if t := directory.LogoType(logo); t != "image/png" && t != "image/jpeg" || len(directory.CheckLogo(logo)) > 0 {
		return nil
	}
	from, _, err := image.Decode(bytes.NewReader(logo))
	if err != nil {
		return nil
	}
	size := from.Bounds().Size()
	fit := min(2*logoWidth/float64(size.X), 2*logoHeight/float64(size.Y), 1)
	w, h := pixels(size.X, fit), pixels(size.Y, fit)
	to := image.NewNRGBA(image.Rect(0, 0, w, h))
	draw.CatmullRom.Scale(to, to.Bounds(), from, from.Bounds(), draw.Src, nil)
	var b bytes.Buffer
	if err := png.Encode(&b, to); err != nil {
		return nil
	}
	shown := min(logoWidth/float64(w), logoHeight/float64(h), 1)
	return &picture{png: b.Bytes(), width: pixels(w, shown), height: pixels(h, shown)}
}

func pixels(n int, scale float64) int { return max(1, int(math.Round(float64(n)*scale))) }
