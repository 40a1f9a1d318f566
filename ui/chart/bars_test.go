package chart

import (
	"image"
	"image/color"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	fynetheme "fyne.io/fyne/v2/theme"

	"tapstation/ui/theme"
)

// shown is a chart of these values on a test window.
func shown(t *testing.T, values ...int) (*Bars, fyne.Window) {
	t.Helper()
	a := test.NewTempApp(t)
	a.Settings().SetTheme(theme.New(theme.Light))
	b := NewBars("Activations", fyne.NewSize(300, 120))
	w := test.NewTempWindow(t, b)
	w.Resize(fyne.NewSize(608, 208))
	bars := make([]Bar, len(values))
	for i, v := range values {
		bars[i] = Bar{Value: v, Words: strings.Repeat("x", i+1)}
	}
	b.Set(bars)
	return b, w
}

func middleOf(b *Bars, bar int) fyne.Position {
	each := (b.right - b.left) / float32(len(b.bars))
	return fyne.NewPos(b.left+each*(float32(bar)+0.5), 20)
}

// height is how many pixels of the bar's colour are above each other at x.
func height(img image.Image, x int, c color.Color) int {
	n := 0
	r, g, b, _ := c.RGBA()
	for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y; y++ {
		if pr, pg, pb, _ := img.At(x, y).RGBA(); pr>>8 == r>>8 && pg>>8 == g>>8 && pb>>8 == b>>8 {
			n++
		}
	}
	return n
}

func TestBarsAreAsHighAsTheirValues(t *testing.T) {
	b, w := shown(t, 0, 5, 10, 20)
	img := w.Canvas().Capture()
	scale := float32(img.Bounds().Dx()) / w.Canvas().Size().Width
	heights := make([]int, 4)
	for i := range heights {
		x := (middleOf(b, i).X + fyne.CurrentApp().Driver().AbsolutePositionForObject(b).X) * scale
		heights[i] = height(img, int(x), fynetheme.Color(theme.Primary))
	}
	if heights[0] != 0 {
		t.Errorf("a bar of nothing is %d pixels high", heights[0])
	}
	if heights[3] < 80 {
		t.Fatalf("the highest bar is %d pixels high in a chart of 200", heights[3])
	}
	for i, part := range []float64{0, 0.25, 0.5, 1} {
		if got := float64(heights[i]) / float64(heights[3]); got < part-0.03 || got > part+0.03 {
			t.Errorf("bar %d is %.2f of the highest, want %.2f", i, got, part)
		}
	}
}

func TestBarsAreOpenedByPointerAndKeyboard(t *testing.T) {
	b, w := shown(t, 1, 2, 3, 4, 5)
	opened := -1
	b.OnOpen = func(i int) { opened = i }
	for i := range 5 {
		b.Tapped(&fyne.PointEvent{Position: middleOf(b, i)})
		if opened != i {
			t.Errorf("a click on bar %d opened %d", i, opened)
		}
	}
	opened = -1
	b.Tapped(&fyne.PointEvent{Position: fyne.NewPos(b.left-5, 20)})
	if opened != -1 {
		t.Errorf("a click beside the bars opened %d", opened)
	}

	w.Canvas().Focus(b)
	for _, c := range []struct {
		key  fyne.KeyName
		want int
	}{{fyne.KeyHome, 0}, {fyne.KeyLeft, 0}, {fyne.KeyRight, 1}, {fyne.KeyEnd, 4}, {fyne.KeyRight, 4}, {fyne.KeyLeft, 3}} {
		b.TypedKey(&fyne.KeyEvent{Name: c.key})
		if got := b.Current(); got != c.want {
			t.Errorf("%s: the current bar is %d, want %d", c.key, got, c.want)
		}
	}
	b.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if opened != 3 {
		t.Errorf("Enter opened %d, want 3", opened)
	}
}

func TestTheBarPointedAtIsToldAndLetGo(t *testing.T) {
	b, _ := shown(t, 1, 2, 3)
	var told []int
	b.OnCurrent = func(i int) { told = append(told, i) }
	b.MouseIn(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: middleOf(b, 1)}})
	b.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: middleOf(b, 1)}})
	if got := b.AccessibilityLabel(); got != "Activations: xx" {
		t.Errorf("the chart says %q, want its name and the bar's words", got)
	}
	b.MouseOut()
	if len(told) != 2 || told[0] != 1 || told[1] != -1 {
		t.Errorf("told of %v, want bar 1 once and then none", told)
	}
}

func TestChartOfNothingIsNoTrouble(t *testing.T) {
	b, w := shown(t)
	w.Canvas().Capture()
	w.Canvas().Focus(b)
	b.TypedKey(&fyne.KeyEvent{Name: fyne.KeyRight})
	b.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	b.Tapped(&fyne.PointEvent{Position: fyne.NewPos(10, 10)})
	if got := b.Current(); got != -1 {
		t.Errorf("the current bar of none is %d", got)
	}
}

func TestLinesAcrossAreFewAndRound(t *testing.T) {
	for highest, want := range map[int]int{0: 1, 1: 1, 4: 1, 5: 2, 8: 2, 9: 5, 20: 5, 21: 10, 399: 100, 401: 200, 1 << 62: 0} {
		got := stepFor(highest)
		if want > 0 && got != want {
			t.Errorf("stepFor(%d) = %d, want %d", highest, got, want)
		}
		if got <= 0 || highest/got > 4 {
			t.Errorf("stepFor(%d) = %d: more than five lines", highest, got)
		}
	}
}
