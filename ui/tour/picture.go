package tour

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// picture leaves a picture of the window, once it shows the same twice: then all that was to be drawn is drawn.
func (g *guide) picture(name string) {
	g.pictureOf(name, func() fyne.Window { return g.desk.Window() })
}

// pictureOf leaves one of another window.
func (g *guide) pictureOf(name string, window func() fyne.Window) {
	if g.err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(g.ctx, patience)
	defer cancel()
	var last *image.RGBA
	for {
		var now *image.RGBA
		err := g.drawn(ctx)
		if err == nil {
			g.onWindow(func() { now, err = capture(window()) })
		}
		if err == nil && last != nil && bytes.Equal(now.Pix, last.Pix) {
			break
		}
		if ctx.Err() != nil {
			g.fail(fmt.Errorf("picture %q: the window does not come to rest: %w", name, errors.Join(ctx.Err(), err)))
			return
		}
		last = now
	}
	g.shot++
	g.fail(save(filepath.Join(g.dir, fmt.Sprintf("%03d-%s.png", g.shot, name)), last))
}

// frame is a dot that cannot be seen. It tells when the window has been drawn.
type frame struct {
	object *canvas.Raster
	drawn  chan struct{} // belongs to the window's goroutine; closed when the dot is drawn
}

func newFrame() *frame {
	f := &frame{}
	f.object = canvas.NewRaster(func(w, h int) image.Image {
		if f.drawn != nil {
			close(f.drawn)
			f.drawn = nil
		}
		return image.NewNRGBA(image.Rect(0, 0, w, h))
	})
	return f
}

// drawn waits until all that has changed so far is drawn.
func (g *guide) drawn(ctx context.Context) error {
	drawn := make(chan struct{})
	g.onWindow(func() {
		g.frame.drawn = drawn
		g.frame.object.Refresh()
	})
	select {
	case <-drawn: // the frame is on the display when the window's goroutine takes the next function
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// leaveFailure leaves a picture of where the tour could not go on, for whoever has to find out why.
func (g *guide) leaveFailure() {
	g.onWindow(func() {
		img, err := capture(g.desk.Window())
		if err == nil {
			err = save(filepath.Join(g.dir, "failed.png"), img)
		}
		if err != nil {
			g.err = errors.Join(g.err, err)
		}
	})
}

// both leaves a picture in each variant.
func (g *guide) both(name string) {
	g.picture(name)
	g.dark(func() { g.picture(name + "-dark") })
}

// large leaves a picture of a large window, where the display has room for it.
func (g *guide) large(name string) {
	g.resize(1920, 1080)
	if g.fits() {
		g.picture(name + "-1920x1080")
	} else if g.err == nil {
		g.shot++ // so that the others are called the same
		g.say("A picture is left out, for which the display is too small: " + name + "-1920x1080.")
	}
	g.resize(1280, 800)
}

// fits tells whether the display shows the whole window.
func (g *guide) fits() bool {
	if g.err != nil {
		return false
	}
	ctx, cancel := context.WithTimeout(g.ctx, patience)
	defer cancel()
	err := g.drawn(ctx)
	if err != nil {
		return true // why there is no picture is told when it is taken
	}
	g.onWindow(func() { _, err = capture(g.desk.Window()) })
	return !errors.Is(err, errNotShown)
}

func (g *guide) resize(width, height float32) {
	size := fyne.NewSize(width, height)
	g.do(func() error { g.desk.Window().Resize(size); return nil })
	g.until(fmt.Sprintf("a window of %v by %v", width, height), func() bool {
		return g.desk.Window().Canvas().Size() == size
	})
}

var (
	errBlank    = errors.New("the canvas gives an empty picture")
	errNotShown = errors.New("the display does not show the whole window")
)

// capture is what the window shows: what its canvas gives, or, as graphics in software do not give what they have
// shown, what is on the display.
func capture(w fyne.Window) (*image.RGBA, error) {
	if shown := w.Canvas().Capture(); shown != nil {
		if img := rgba(shown); !blank(img) {
			return img, nil
		}
	}
	img, err := fromDisplay(w)
	if err != nil {
		return nil, errors.Join(errBlank, err)
	}
	if blank(img) {
		return nil, errBlank
	}
	return img, nil
}

func rgba(img image.Image) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, img.Bounds().Dx(), img.Bounds().Dy()))
	draw.Draw(out, out.Rect, img, img.Bounds().Min, draw.Src)
	return out
}

// blank tells whether every pixel is the same.
func blank(img *image.RGBA) bool {
	if len(img.Pix) == 0 {
		return true
	}
	first := img.Pix[:4]
	for i := 0; i < len(img.Pix); i += 4 {
		if !bytes.Equal(img.Pix[i:i+3], first[:3]) {
			return false
		}
	}
	return true
}

func save(path string, img image.Image) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("keep a picture: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := png.Encode(f, img); err != nil {
		return fmt.Errorf("keep picture %s: %w", path, err)
	}
	return nil
}
