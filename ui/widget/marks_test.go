package widget

import (
	"fmt"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
)

// marking is a list of n rows that can be marked, and what is.
func marking(t *testing.T, n int) (l *List, marked map[int]bool, opened *[]int, c fyne.Canvas) {
	t.Helper()
	l, opened = names(n)
	marked = map[int]bool{}
	l.SetMarks(Marks{
		Is: func(row int) bool { return marked[row] },
		All: func() Marking {
			on := 0
			for _, m := range marked {
				if m {
					on++
				}
			}
			switch on {
			case 0:
				return Unmarked
			case n:
				return Marked
			}
			return SomeMarked
		},
		OnMark: func(from, to int, on bool) {
			for i := from; i <= to; i++ {
				marked[i] = on
			}
		},
		OnAll: func(on bool) {
			for i := range n {
				marked[i] = on
			}
		},
	})
	return l, marked, opened, onPage(t, &Keys{}, container.NewStack(l))
}

func on(marked map[int]bool) string {
	var rows []int
	for row, m := range marked {
		if m {
			rows = append(rows, row)
		}
	}
	slices.Sort(rows)
	return fmt.Sprint(rows)
}

func TestRowsAreMarkedByKeys(t *testing.T) {
	l, marked, opened, c := marking(t, 20)
	l.Focus()
	press(c, fyne.KeyDown, fyne.KeySpace)
	if got := on(marked); got != "[1]" {
		t.Errorf("Space on the second row marks %s", got)
	}
	shift := &fyne.KeyEvent{Name: desktop.KeyShiftLeft}
	l.rows.KeyDown(shift)
	press(c, fyne.KeyDown, fyne.KeyDown)
	l.rows.KeyUp(shift)
	press(c, fyne.KeyDown)
	if got := on(marked); got != "[1 2 3]" {
		t.Errorf("Shift and Down twice marks %s, want [1 2 3]", got)
	}
	press(c, fyne.KeyUp, fyne.KeySpace)
	if got := on(marked); got != "[1 2]" {
		t.Errorf("Space on a marked row leaves %s, want [1 2]", got)
	}
	l.rows.TypedShortcut(&fyne.ShortcutSelectAll{})
	if got := len(marked); got != 20 {
		t.Errorf("Ctrl+A marks %d rows, want all 20", got)
	}
	l.rows.TypedShortcut(&fyne.ShortcutSelectAll{})
	if got := on(marked); got != "[]" {
		t.Errorf("Ctrl+A again leaves %s, want none", got)
	}
	if len(*opened) != 0 {
		t.Errorf("marking opened the rows %v", *opened)
	}
	press(c, fyne.KeyReturn)
	if fmt.Sprint(*opened) != "[3]" {
		t.Errorf("Enter opened %v, want row 3", *opened)
	}
}

// click clicks on a row as the mouse does, at x, with keys held.
func click(r *row, x float32, held fyne.KeyModifier) {
	r.MouseDown(&desktop.MouseEvent{Button: desktop.MouseButtonPrimary, Modifier: held})
	r.Tapped(&fyne.PointEvent{Position: fyne.NewPos(x, 10)})
}

func TestRowsAreMarkedByTheMouse(t *testing.T) {
	l, marked, opened, _ := marking(t, 20)
	row := func(id int) *row {
		r := l.newRow(func(c Col) fyne.CanvasObject { return c.New() })
		l.set(id, r)
		return r
	}
	const box, words = 20, 200
	click(row(2), box, 0)
	click(row(4), words, fyne.KeyModifierShift)
	if got := on(marked); got != "[2 3 4]" {
		t.Errorf("a click on the box of row 2 and one with Shift on row 4 mark %s, want [2 3 4]", got)
	}
	click(row(3), words, fyne.KeyModifierShortcutDefault)
	if got := on(marked); got != "[2 4]" {
		t.Errorf("a click with Ctrl on row 3 leaves %s, want [2 4]", got)
	}
	if len(*opened) != 0 {
		t.Errorf("marking opened %v", *opened)
	}
	click(row(7), words, 0)
	if fmt.Sprint(*opened) != "[7]" {
		t.Errorf("a plain click opened %v, want row 7", *opened)
	}
	click(l.header, box, 0)
	if got := len(marked); got != 20 {
		t.Errorf("a click on the box above all rows marks %d, want 20", got)
	}
}

func TestTitleOfAColumnAsksForItsOrder(t *testing.T) {
	l, _ := names(3)
	var asked []string
	l.columns[0] = l.columns[0].Sorted("id")
	l.header = l.newRow(func(c Col) fyne.CanvasObject { return newHeading(l, c) })
	l.OnSort = func(by string) { asked = append(asked, by) }
	c := onPage(t, &Keys{}, container.NewStack(l))
	h, ok := l.header.cells[0].(*heading)
	if !ok {
		t.Fatalf("the title is a %T, want one to press", l.header.cells[0])
	}
	test.Tap(h)
	c.Focus(h)
	press(c, fyne.KeyReturn, fyne.KeySpace)
	if fmt.Sprint(asked) != "[id id id]" {
		t.Errorf("click, Enter and Space asked for %v, want the order by id each time", asked)
	}
	if _, pressable := l.header.cells[1].(fyne.Tappable); pressable {
		t.Error("a title without an order can be pressed")
	}
}
