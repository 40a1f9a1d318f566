package directory

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // a logo may be one
	_ "image/png"  // likewise
	"io"
	"math"
	"net/http"
	"slices"
	"strings"

	"github.com/fyne-io/oksvg"
)

// Limits of a logo.
const (
	MaxLogo     = 256 << 10 // bytes
	MaxLogoSide = 2048      // pixels of a PNG or JPEG, either way
)

// LogoType is the MIME type of a logo: "image/png", "image/jpeg" or "image/svg+xml"; empty when it is none of them. It only
// looks at the beginning; CheckLogo looks at it all.
func LogoType(logo []byte) string {
	switch t := http.DetectContentType(logo); {
	case t == "image/png", t == "image/jpeg":
		return t
	case bytes.Contains(logo[:min(len(logo), 4096)], []byte("<svg")):
		return "image/svg+xml"
	}
	return ""
}

// CheckLogo tells what is wrong with a picture that is to be the workspace's logo (field "logo"); nothing when it can be
// drawn. It is decoded whole, so that no window ever meets one that cannot be.
func CheckLogo(logo []byte) []FieldError {
	wrong := func(p Problem, limit int) []FieldError { return []FieldError{{"logo", p, limit}} }
	if len(logo) == 0 {
		return nil
	}
	if len(logo) > MaxLogo {
		return wrong(TooLong, MaxLogo)
	}
	if LogoType(logo) == "image/svg+xml" {
		if err := checkSVG(logo); err != nil {
			return wrong(InvalidImage, 0)
		}
		return nil
	}
	size, _, err := image.DecodeConfig(bytes.NewReader(logo))
	if err != nil || size.Width <= 0 || size.Height <= 0 {
		return wrong(InvalidImage, 0)
	}
	if size.Width > MaxLogoSide || size.Height > MaxLogoSide {
		return wrong(OutOfRange, MaxLogoSide)
	}
	if _, _, err := image.Decode(bytes.NewReader(logo)); err != nil {
		return wrong(InvalidImage, 0)
	}
	return nil
}

// Limits of an SVG, which costs what it makes whoever draws it do.
const (
	maxSVGElements = 10_000
	maxSVGDepth    = 64
)

var errSVG = errors.New("not an SVG that can be a logo")

// checkSVG takes an SVG only as a still picture that holds all it needs: no script, nothing from elsewhere, no entities,
// nothing that multiplies what it draws. Then the library that will draw it has to understand it.
func checkSVG(logo []byte) error {
	dec := xml.NewDecoder(bytes.NewReader(logo))
	elements, depth := 0, 0
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("%w: %w", errSVG, err)
		}
		switch t := token.(type) {
		case xml.Directive:
			if bytes.ContainsAny(t, "[<") {
				return fmt.Errorf("%w: it defines entities", errSVG)
			}
		case xml.StartElement:
			elements++
			depth++
			if elements == 1 && t.Name.Local != "svg" || elements > maxSVGElements || depth > maxSVGDepth {
				return fmt.Errorf("%w: element %d, %q, at depth %d", errSVG, elements, t.Name.Local, depth)
			}
			if err := checkSVGElement(t); err != nil {
				return err
			}
		case xml.EndElement:
			depth--
		case xml.CharData:
			if err := checkSVGText(string(t)); err != nil {
				return err
			}
		}
	}
	if elements == 0 {
		return fmt.Errorf("%w: it is empty", errSVG)
	}
	return drawable(logo)
}

var forbiddenSVG = []string{"script", "foreignobject", "image", "use", "iframe", "a", "animate", "animatetransform", "animatemotion", "set", "filter"}

func checkSVGElement(e xml.StartElement) error {
	if slices.Contains(forbiddenSVG, strings.ToLower(e.Name.Local)) {
		return fmt.Errorf("%w: it has an element %q", errSVG, e.Name.Local)
	}
	for _, a := range e.Attr {
		name := strings.ToLower(a.Name.Local)
		switch {
		case strings.HasPrefix(name, "on"), name == "stroke-dasharray":
			return fmt.Errorf("%w: it has an attribute %q", errSVG, a.Name.Local)
		case name == "href" && !strings.HasPrefix(a.Value, "#"):
			return fmt.Errorf("%w: it refers to something elsewhere", errSVG)
		}
		if err := checkSVGText(a.Value); err != nil && name != "xmlns" {
			return err
		}
	}
	return nil
}

// checkSVGText refuses what a style sheet could fetch, or draw without end.
func checkSVGText(s string) error {
	s = strings.ToLower(s)
	for _, bad := range []string{"@import", "url(http", "url('", "url(\"", "url(//", "url(data", "javascript:", "stroke-dasharray"} {
		if strings.Contains(s, bad) {
			return fmt.Errorf("%w: it says %q", errSVG, bad)
		}
	}
	return nil
}

// drawable has the drawing library read the picture, which panics on some it does not understand.
func drawable(logo []byte) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errSVG, p)
		}
	}()
	icon, err := oksvg.ReadIconStream(bytes.NewReader(logo))
	if err != nil {
		return fmt.Errorf("%w: %w", errSVG, err)
	}
	w, h := icon.ViewBox.W, icon.ViewBox.H
	const most = 1e5
	if !(w > 0 && h > 0 && w < most && h < most) || math.Max(w/h, h/w) > 100 {
		return fmt.Errorf("%w: it is %g × %g", errSVG, w, h)
	}
	return nil
}
