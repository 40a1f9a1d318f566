package letter

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"tapstation/app/directory"
)

func drawn(w, h int, encode func(*bytes.Buffer, image.Image) error) []byte {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	noise := rand.New(rand.NewPCG(1, 2))
	for y := range h {
		for x := range w {
			img.Set(x, y, color.NRGBA{uint8(noise.Uint32()), uint8(x), uint8(y), 255})
		}
	}
	var b bytes.Buffer
	if err := encode(&b, img); err != nil {
		panic(err) // a buffer takes everything
	}
	return b.Bytes()
}

func TestLogoGoesWithTheMailSmall(t *testing.T) {
	asPNG := func(b *bytes.Buffer, img image.Image) error { return png.Encode(b, img) }
	asJPEG := func(b *bytes.Buffer, img image.Image) error { return jpeg.Encode(b, img, nil) }
	for _, test := range []struct {
		what          string
		logo          []byte
		width, height int // in the picture; 0: there is none
		shown         string
	}{
		{"a wide PNG", drawn(400, 50, asPNG), 400, 50, `width="220" height="28"`},
		{"a high JPEG", drawn(100, 300, asJPEG), 32, 96, `width="16" height="48"`},
		{"a small PNG", drawn(20, 10, asPNG), 20, 10, `width="20" height="10"`},
		{"a line", drawn(600, 1, asPNG), 440, 1, `width="220" height="1"`},
		{"an SVG", []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><rect width="8" height="8"/></svg>`), 0, 0, ""},
		{"a picture cut off", drawn(40, 40, asPNG)[:200], 0, 0, ""},
		{"one too wide to look at", drawn(directory.MaxLogoSide+1, 1, asPNG), 0, 0, ""},
		{"rubbish", []byte("rubbish"), 0, 0, ""},
		{"none", nil, 0, 0, ""},
	} {
		l := aLetter(directory.ActivationMail, "en")
		l.Workspace.Logo = test.logo
		p := parse5322(t, mustCompose(t, l, nil, nil))
		if err := checkPage(p.html, aLink, l.Workspace.DriverLink); err != nil {
			t.Errorf("%s: %v", test.what, err)
		}
		if test.width == 0 {
			if len(p.kinds) != 3 || p.picture != nil || strings.Contains(p.html, "<img") {
				t.Errorf("%s: parts %v, want text and HTML without a picture", test.what, p.kinds)
			}
			continue
		}
		want := []string{"multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png"}
		if !slices.Equal(p.kinds, want) || !strings.Contains(p.html, test.shown) || !strings.Contains(p.html, `src="cid:`+pictureID+`"`) {
			t.Errorf("%s: parts %v, want %v, shown with %s:\n%s", test.what, p.kinds, want, test.shown, p.html)
		}
		size, kind, err := image.DecodeConfig(bytes.NewReader(p.picture))
		if err != nil || kind != "png" || size.Width != test.width || size.Height != test.height {
			t.Errorf("%s: the picture is %dx%d %s (%v), want %dx%d png", test.what, size.Width, size.Height, kind, err, test.width, test.height)
		}
		r, err := Preview(l, nil)
		if err != nil || !strings.Contains(r.HTML, `src="data:image/png;base64,`) {
			t.Errorf("%s: the preview does not have the picture in it (%v)", test.what, err)
		}
	}
}

func BenchmarkCompose(b *testing.B) {
	l := aLetter(directory.ActivationMail, "de")
	l.Workspace.Logo = drawn(400, 50, func(b *bytes.Buffer, img image.Image) error { return png.Encode(b, img) })
	for b.Loop() {
		mustCompose(b, l, nil, nil)
	}
}
