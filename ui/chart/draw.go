package chart

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"sync"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"
	"golang.org/x/image/font/opentype"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"tapstation/ui/theme"
)

// pointsPerInch is how many units of the library make an inch. A unit of the window is taken as one of those, so that
// sizes are the window's own, whatever a pixel is.
const pointsPerInch = 72

// gap is the part of a bar's place that is left free.
const gap = 0.3

// lowestTop is where a chart ends at the least: a single one shall not look like many.
const lowestTop = 4

// typeface is the toolkit's own, so that a chart reads like all that stands around it.
const typeface font.Typeface = "interface"

// figure is what is to be drawn, with all that the theme says.
type figure struct {
	bars    []Bar
	current int // bar that stands out; -1: none

	bar, standing, grid, words color.Color
	size                       vg.Length // of words
	fonts                      *font.Cache
}

// fonts are the typeface of the toolkit, read once.
var fonts = sync.OnceValues(func() (*font.Cache, error) {
	parsed, err := opentype.Parse(fynetheme.DefaultTextFont().Content())
	if err != nil {
		return nil, fmt.Errorf("read the typeface of the theme: %w", err)
	}
	return font.NewCache(font.Collection{{Font: font.Font{Typeface: typeface}, Face: parsed}}), nil
})

// newFigure takes colours and type from the theme.
func newFigure(bars []Bar, current int) (*figure, error) {
	fonts, err := fonts()
	if err != nil {
		return nil, err
	}
	return &figure{
		bars: bars, current: current,
		bar: fynetheme.Color(theme.Primary), standing: fynetheme.Color(theme.Text),
		grid: fynetheme.Color(theme.Line), words: fynetheme.Color(theme.Muted),
		size:  vg.Length(fynetheme.Size(theme.TextSmall)),
		fonts: fonts,
	}, nil
}

// plot is the figure for the library.
func (f *figure) plot(width vg.Length) (*plot.Plot, error) {
	p := plot.New()
	p.BackgroundColor = color.Transparent
	p.TextHandler = text.Plain{Fonts: f.fonts}
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.LineStyle.Width, a.Tick.LineStyle.Width, a.Tick.Length, a.Padding = 0, 0, 0, 0
		a.Tick.Label.Font = font.Font{Typeface: typeface, Size: f.size}
		a.Tick.Label.Color = f.words
		a.Tick.Label.Handler = p.TextHandler
	}
	grid := plotter.NewGrid()
	grid.Vertical.Width = 0
	grid.Horizontal = draw.LineStyle{Color: f.grid, Width: 1}
	p.Add(grid)

	ordinary, standing := make(plotter.Values, len(f.bars)), make(plotter.Values, len(f.bars))
	highest := 0
	for i, b := range f.bars {
		highest = max(highest, b.Value)
		if i == f.current {
			standing[i] = float64(b.Value)
		} else {
			ordinary[i] = float64(b.Value)
		}
	}
	each := width / vg.Length(len(f.bars)) * (1 - gap)
	for _, set := range []struct {
		values plotter.Values
		color  color.Color
	}{{ordinary, f.bar}, {standing, f.standing}} {
		bars, err := plotter.NewBarChart(set.values, each)
		if err != nil {
			return nil, fmt.Errorf("draw bars: %w", err)
		}
		bars.Color, bars.LineStyle.Width = set.color, 0
		p.Add(bars)
	}

	step := stepFor(highest)
	top := max((highest+step-1)/step*step, lowestTop)
	p.Y.Min, p.Y.Max = 0, float64(top)
	p.Y.Tick.Marker = ticks(func(yield func(at float64, label string)) {
		for v := 0; v <= top; v += step {
			yield(float64(v), fmt.Sprint(v))
		}
	})
	p.X.Min, p.X.Max = -0.5, float64(len(f.bars))-0.5
	p.X.Tick.Marker = ticks(func(yield func(at float64, label string)) {
		for i, b := range f.bars {
			if b.Tick != "" {
				yield(float64(i), b.Tick)
			}
		}
	})
	return p, nil
}

// ticks are marks as a function tells them.
type ticks func(yield func(at float64, label string))

// Ticks are those within the axis.
func (t ticks) Ticks(_, _ float64) (all []plot.Tick) {
	t(func(at float64, label string) { all = append(all, plot.Tick{Value: at, Label: label}) })
	return all
}

// stepFor is the distance of the lines across: whole numbers, at most five of them, 1, 2 or 5 times a power of ten.
func stepFor(highest int) int {
	for power := 1; power <= math.MaxInt/100; power *= 10 {
		for _, n := range []int{1, 2, 5} {
			if step := n * power; highest <= 4*step {
				return step
			}
		}
	}
	return max(highest, 1)
}

// area is the part of a chart of this size, in units, that the bars have for themselves.
func (f *figure) area(size fyne.Size) (left, right float32, err error) {
	w, h := vg.Length(size.Width), vg.Length(size.Height)
	p, err := f.plot(w)
	if err != nil {
		return 0, 0, err
	}
	data := p.DataCanvas(draw.NewCanvas(vgimg.New(w, h), w, h))
	return float32(data.Min.X), float32(data.Max.X), nil
}

// picture draws the figure, of a size in units, on w by h pixels.
func (f *figure) picture(size fyne.Size, w, h int) (image.Image, error) {
	left, right, err := f.area(size)
	if err != nil {
		return nil, err
	}
	p, err := f.plot(vg.Length(right - left))
	if err != nil {
		return nil, err
	}
	dpi := max(int(math.Round(pointsPerInch*float64(w)/float64(size.Width))), 1)
	inches := func(pixels int) vg.Length { return vg.Length(pixels) / vg.Length(dpi) * vg.Inch }
	c := vgimg.NewWith(vgimg.UseWH(inches(w), inches(h)), vgimg.UseDPI(dpi), vgimg.UseBackgroundColor(color.Transparent))
	p.Draw(draw.New(c))
	return c.Image(), nil
}
