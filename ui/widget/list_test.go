package widget

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

func names(n int) (*List, *[]int) {
	var opened []int
	cell := func() *Text { t := NewText(""); t.Clip = true; return t }
	id := NewCol("ID", 0, cell, func(c *Text, row int) { c.SetText(fmt.Sprint(row)) })
	id.Width = 100
	l := NewList(func() int { return n },
		id,
		NewCol("Name", 1, cell, func(c *Text, row int) { c.SetText(fmt.Sprint("name ", row)) }),
		NewCol("E-mail", 3, cell, func(*Text, int) {}))
	l.OnOpen = func(row int) { opened = append(opened, row) }
	return l, &opened
}

func TestListIsWalkedByKeys(t *testing.T) {
	escaped, top := 0, 0
	l, opened := names(1000)
	l.OnTop = count(&top)
	c := onPage(t, &Keys{Escape: count(&escaped)}, container.NewStack(l))
	l.Focus()
	press(c, fyne.KeyReturn)
	press(c, fyne.KeyDown, fyne.KeyDown, fyne.KeyReturn)
	press(c, fyne.KeyUp, fyne.KeySpace)
	press(c, fyne.KeyEnd, fyne.KeyEnter, fyne.KeyDown, fyne.KeyEnter)
	press(c, fyne.KeyHome, fyne.KeyReturn, fyne.KeyReturn)
	if got, want := fmt.Sprint(*opened), "[0 2 1 999 999 0 0]"; got != want {
		t.Errorf("the keys opened the rows %s, want %s", got, want)
	}
	press(c, fyne.KeyPageDown)
	if at := l.rows.at; at < 5 || at > 20 {
		t.Errorf("Page Down goes to row %d, want about a screen further", at)
	}
	press(c, fyne.KeyHome, fyne.KeyUp)
	if top != 1 {
		t.Errorf("Up on the first row told OnTop %d times, want once", top)
	}
	press(c, fyne.KeyEscape)
	if escaped != 1 {
		t.Errorf("Escape reached the page %d times, want once", escaped)
	}
}

func TestEmptyListTakesNoKeyAmiss(t *testing.T) {
	l, opened := names(0)
	c := onPage(t, &Keys{}, container.NewStack(l))
	c.Focus(l.rows)
	press(c, fyne.KeyReturn, fyne.KeyDown, fyne.KeyEnd, fyne.KeyPageUp, fyne.KeyHome, fyne.KeyUp)
	if len(*opened) != 0 {
		t.Errorf("an empty list opened rows %v", *opened)
	}
}

func TestOneMillionRowsMakeFewWidgetsAndAskForMoreNearTheEnd(t *testing.T) {
	made, near := 0, 0
	l, _ := names(1_000_000)
	l.columns[0].New = func() fyne.CanvasObject { made++; return NewText("") }
	l.OnNearEnd = count(&near)
	c := onPage(t, &Keys{}, container.NewStack(l))
	if made > 40 {
		t.Errorf("%d rows were made, want no more than are seen", made)
	}
	if near != 0 {
		t.Error("more rows were asked for at the beginning of a long list")
	}
	c.Focus(l.rows)
	press(c, fyne.KeyEnd)
	if near == 0 {
		t.Error("no more rows were asked for at the end")
	}
}

func TestHeaderLinesUpWithRows(t *testing.T) {
	l, _ := names(3)
	onPage(t, &Keys{}, container.NewStack(l))
	row := l.newRow(func(c Col) fyne.CanvasObject { return c.New() })
	row.Resize(fyne.NewSize(l.header.Size().Width, 44))
	for i := range l.columns {
		h, r := l.header.cells[i], row.cells[i]
		if h.Position().X != r.Position().X || h.Size().Width != r.Size().Width {
			t.Errorf("column %d is at %v, %v wide; its title at %v, %v wide", i,
				r.Position().X, r.Size().Width, h.Position().X, h.Size().Width)
		}
	}
	a, b := row.cells[1].Size().Width, row.cells[2].Size().Width
	if b < 2.9*a || b > 3.1*a {
		t.Errorf("columns of weight 1 and 3 are %v and %v wide", a, b)
	}
}

func TestWordsThatDoNotFitEndInAnEllipsis(t *testing.T) {
	perLetter := func(s string) float32 { return float32(len([]rune(s))) }
	for _, c := range []struct {
		words string
		width float32
		want  string
	}{
		{"Lovelace", 8, "Lovelace"}, {"Lovelace", 7, "Lovela…"}, {"Żółć Groß", 5, "Żółć…"},
		{"Lovelace", 1, "…"}, {"Lovelace", 0, "…"}, {"", 0, ""},
	} {
		if got := ellipsis(c.words, c.width, perLetter); got != c.want {
			t.Errorf("%q in the room of %v letters is %q, want %q", c.words, c.width, got, c.want)
		}
	}
}
