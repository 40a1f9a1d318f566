package widget

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fynewidget "fyne.io/fyne/v2/widget"

	"tapstation/ui/theme"
)

// Pick is one of the answers of a picker.
type Pick struct {
	ID    string
	Title string
	Icon  *theme.Icon // may be nil
	Color fyne.ThemeColorName
}

// Picks is what a picker offers.
type Picks struct {
	Options  []Pick
	Chosen   string // ID of the answer that holds now
	OnPicked func(id string)
	// Search says what can be typed to find an answer; empty: "", and nothing can be typed while there are few.
	Search string
	// Create, where not nil, names what would be made of words that are none of the titles ("": nothing), and OnCreate makes
	// it.
	Create   func(words string) string
	OnCreate func(words string)
}

// few is how many answers are seen at a glance: with more of them, typing finds them.
const few = 9

// ShowPicker offers answers below a widget, over the page. The arrow keys and Enter choose, typing finds, Escape or a
// click elsewhere chooses nothing; the focus then is where it was.
func ShowPicker(below fyne.CanvasObject, p Picks) {
	c := canvasOf(below)
	if c == nil {
		return
	}
	k := &picker{picks: p, shown: p.Options}
	k.list = NewList(func() int { return len(k.shown) }, Col{Weight: 1,
		New: func() fyne.CanvasObject { return newPickCell() },
		Set: func(o fyne.CanvasObject, row int) {
			if cell, ok := o.(*pickCell); ok {
				cell.set(k.shown[row], k.shown[row].ID == p.Chosen && p.Chosen != "")
			}
		}})
	k.list.bare = true
	k.list.OnOpen = k.pick
	k.list.onEscape = k.close
	content := container.New(&pickerLayout{k: k}, k.list)
	if len(p.Options) > few || p.Create != nil {
		k.search = NewSearch(p.Search, p.Search)
		k.search.OnChanged = k.find
		k.search.Entry.OnDown = k.list.Focus
		k.search.Entry.OnEnter = func() { k.pick(0) }
		k.search.Entry.OnEscape = func() bool { k.close(); return true }
		k.list.OnTop = k.search.Focus
		content.Objects = []fyne.CanvasObject{k.list, k.search}
	}
	k.popup = fynewidget.NewPopUp(Pad(theme.Space4, content), c)
	offered[c] = content
	k.popup.ShowAtPosition(beside(below, k.popup.MinSize(), c.Size()))
	if k.search != nil {
		c.Focus(k.search.Entry)
		return
	}
	for i, o := range k.shown {
		if o.ID == p.Chosen {
			k.list.rows.at = i
		}
	}
	c.Focus(k.list.rows)
}

// offered is what the last picker on each canvas offers; Fyne does not tell what stands over a page.
var offered = map[fyne.Canvas]fyne.CanvasObject{}

// Offered is what a picker offers on c now, or nil: for the tour and for tests.
func Offered(c fyne.Canvas) fyne.CanvasObject {
	if c.Overlays().Top() == nil {
		delete(offered, c)
	}
	return offered[c]
}

// beside is where to show something of a size so that it is near a widget and all of it on the window: below the widget,
// or above it where there is no room.
func beside(w fyne.CanvasObject, s, window fyne.Size) fyne.Position {
	const edge = theme.Space8
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(w)
	x := max(min(at.X, window.Width-s.Width-edge), edge)
	y := at.Y + w.Size().Height + theme.Space4
	if y+s.Height > window.Height-edge {
		y = at.Y - s.Height - theme.Space4
	}
	if y < edge {
		y = max(window.Height-s.Height-edge, edge)
	}
	return fyne.NewPos(x, y)
}

// picker is what a Picks is shown by.
type picker struct {
	picks  Picks
	shown  []Pick
	search *Search
	list   *List
	popup  *fynewidget.PopUp
}

// createID is the answer that makes something of the words typed; no answer of a caller has it.
const createID = "\x00create"

// find shows the answers that have a word beginning with what was typed.
func (k *picker) find(typed string) {
	typed = strings.ToLower(strings.Join(strings.Fields(typed), " "))
	k.shown = nil
	exact := typed == ""
	for _, o := range k.picks.Options {
		title := strings.ToLower(o.Title)
		exact = exact || title == typed
		if strings.HasPrefix(title, typed) || strings.Contains(title, " "+typed) {
			k.shown = append(k.shown, o)
		}
	}
	if k.picks.Create != nil && !exact {
		if title := k.picks.Create(strings.TrimSpace(k.search.Text())); title != "" {
			k.shown = append(k.shown, Pick{ID: createID, Title: title, Icon: theme.AddIcon})
		}
	}
	k.list.ToTop()
	k.list.Changed()
}

func (k *picker) pick(row int) {
	if row >= len(k.shown) {
		return
	}
	id := k.shown[row].ID
	typed := ""
	if k.search != nil {
		typed = strings.Join(strings.Fields(k.search.Text()), " ")
	}
	k.close()
	if id == createID {
		k.picks.OnCreate(typed)
		return
	}
	k.picks.OnPicked(id)
}

func (k *picker) close() { k.popup.Hide() }

// pickerLayout is the list, and above it the search if there is one. It is as wide as the longest answer wants.
type pickerLayout struct {
	k    *picker
	size fyne.Size
}

func (l *pickerLayout) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	y := float32(0)
	if len(objects) > 1 {
		objects[1].Resize(fyne.NewSize(s.Width, theme.Control))
		y = theme.Control + theme.Space4
	}
	objects[0].Move(fyne.NewPos(0, y))
	objects[0].Resize(fyne.NewSize(s.Width, max(s.Height-y, 0)))
}

// MinSize stays as it was at first: a picker that shrinks while one types would jump.
func (l *pickerLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	if !l.size.IsZero() {
		return l.size
	}
	const narrowest, widest, most = 220, 420, 2000 // most: answers looked at for their width
	width := float32(narrowest)
	ruler := NewText("")
	for i, o := range l.k.picks.Options {
		if i == most {
			break
		}
		w := fyne.MeasureText(o.Title, ruler.size(), ruler.style()).Width + 2*listSide + 2*pickSign + 2*theme.Space8 + theme.Space4
		width = min(max(width, w), widest)
	}
	n := len(l.k.picks.Options)
	if l.k.picks.Create != nil {
		n++
	}
	height := float32(min(max(n, 1), few)) * l.k.list.rowHeight()
	if len(objects) > 1 {
		width = max(width, 320) // what is said of the search has room
		height += theme.Control + theme.Space4
	}
	l.size = fyne.NewSize(width, height)
	return l.size
}

// pickSign is the side of the signs in an answer, in units.
const pickSign float32 = 18

// pickCell is one answer: its sign, its title, and a check where it holds now.
type pickCell struct {
	fynewidget.BaseWidget
	pick   Pick
	chosen bool
}

func newPickCell() *pickCell {
	c := &pickCell{}
	c.ExtendBaseWidget(c)
	return c
}

func (c *pickCell) set(p Pick, chosen bool) {
	c.pick, c.chosen = p, chosen
	c.Refresh()
}

// AccessibilityLabel is the title.
func (c *pickCell) AccessibilityLabel() string { return c.pick.Title }

// AccessibilityRole is that of text.
func (c *pickCell) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

func (c *pickCell) CreateRenderer() fyne.WidgetRenderer {
	icon, check, title := picture(nil), picture(nil), NewText("")
	title.Clip = true
	r := &renderer{objects: []fyne.CanvasObject{icon, title, check}}
	r.layout = func(s fyne.Size) {
		x := float32(0)
		if c.pick.Icon != nil {
			icon.Move(fyne.NewPos(0, (s.Height-pickSign)/2))
			icon.Resize(fyne.NewSquareSize(pickSign))
			x = pickSign + theme.Space8
		}
		middle(title, x, max(s.Width-x-pickSign-theme.Space4, 0), s.Height)
		check.Move(fyne.NewPos(s.Width-pickSign, (s.Height-pickSign)/2))
		check.Resize(fyne.NewSquareSize(pickSign))
	}
	r.min = func() fyne.Size { return fyne.NewSize(80, max(title.MinSize().Height, pickSign)) }
	r.refresh = func() {
		icon.Hidden, check.Hidden = c.pick.Icon == nil, !c.chosen
		if c.pick.Icon != nil {
			icon.Resource = c.pick.Icon.In(orElse(c.pick.Color, theme.Muted))
		}
		check.Resource = theme.CheckIcon.In(theme.Primary)
		title.Content, title.Bold = c.pick.Title, c.chosen
		r.layout(c.Size())
	}
	r.refresh()
	return r
}
