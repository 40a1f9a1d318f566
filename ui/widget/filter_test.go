package widget

import (
	"fmt"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

func filter(t *testing.T, options int) (f *Filter, chosen *[]string, c fyne.Canvas) {
	t.Helper()
	chosen = &[]string{}
	var picks []Pick
	for i := range options {
		picks = append(picks, Pick{ID: fmt.Sprint(i), Title: fmt.Sprintf("Answer %02d", i)})
	}
	f = NewFilter("Group", func(id string) { *chosen = append(*chosen, id) }, picks...)
	return f, chosen, onPage(t, &Keys{}, container.NewVBox(f))
}

func TestFilterIsChosenAndTakenAwayByKeys(t *testing.T) {
	f, chosen, c := filter(t, 4)
	c.Focus(f)
	press(c, fyne.KeyReturn)
	if c.Overlays().Top() == nil {
		t.Fatal("Enter offers nothing")
	}
	press(c, fyne.KeyDown, fyne.KeyDown, fyne.KeyReturn)
	if c.Overlays().Top() != nil || f.Words() != "Group: Answer 02" {
		t.Errorf("the third answer leaves the answers open, or the filter says %q", f.Words())
	}
	press(c, fyne.KeyReturn, fyne.KeyEscape)
	if c.Overlays().Top() != nil || f.Chosen() != "2" {
		t.Error("Escape chooses something, or leaves the answers open")
	}
	press(c, fyne.KeyDelete)
	if got := strings.Join(*chosen, ","); got != "2," || f.Words() != "Group" {
		t.Errorf("told was %q and the filter says %q, want 2 and then nothing", got, f.Words())
	}
}

func TestCrossOfAFilterTakesItsAnswerAway(t *testing.T) {
	f, chosen, c := filter(t, 4)
	f.Choose("1")
	f.Tapped(&fyne.PointEvent{Position: fyne.NewPos(f.Size().Width-5, 10)})
	if c.Overlays().Top() != nil || f.Chosen() != "" || len(*chosen) != 1 {
		t.Error("a click on the cross does not take the answer away")
	}
	f.Tapped(&fyne.PointEvent{Position: fyne.NewPos(f.Size().Width-5, 10)})
	if c.Overlays().Top() == nil {
		t.Error("without an answer the same place offers none")
	}
}

func TestManyAnswersAreFoundByTyping(t *testing.T) {
	f, chosen, c := filter(t, 5000)
	c.Focus(f)
	press(c, fyne.KeySpace)
	typeOn(c, "answer 33")
	press(c, fyne.KeyReturn)
	if got := strings.Join(*chosen, ","); got != "33" {
		t.Errorf("typing and Enter chose %q, want 33", got)
	}
}

func TestAnswerOfOnesOwnIsMadeOfWhatIsTyped(t *testing.T) {
	f, chosen, c := filter(t, 2)
	f.Own = func(words string) (Pick, bool) {
		return Pick{ID: "own " + words, Title: words + " days"}, words == "45"
	}
	c.Focus(f)
	press(c, fyne.KeyReturn)
	typeOn(c, "45")
	press(c, fyne.KeyReturn)
	if got := strings.Join(*chosen, ","); got != "own 45" {
		t.Errorf("chosen is %q, want what was made of 45", got)
	}
}

func TestWhatIsOfferedIsAllOnTheWindow(t *testing.T) {
	window, size := fyne.NewSize(800, 600), fyne.NewSize(300, 240)
	_, _, c := filter(t, 1)
	for _, at := range []fyne.Position{{X: 10, Y: 10}, {X: 780, Y: 10}, {X: 10, Y: 580}, {X: 790, Y: 300}} {
		o := NewText("x")
		content := container.NewWithoutLayout(o)
		c.SetContent(content)
		o.Move(at)
		o.Resize(fyne.NewSize(10, 10))
		p := beside(o, size, window)
		if p.X < 0 || p.Y < 0 || p.X+size.Width > window.Width || p.Y+size.Height > window.Height {
			t.Errorf("beside %v it stands at %v, partly outside", at, p)
		}
	}
}

func typeOn(c fyne.Canvas, words string) {
	for _, r := range words {
		c.Focused().TypedRune(r)
	}
}
