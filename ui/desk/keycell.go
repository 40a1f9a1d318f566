package desk

import (
	"fmt"
	"slices"

	"fyne.io/fyne/v2"
	fynewidget "fyne.io/fyne/v2/widget"

	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// keyCell shows a user's security keys in a row of All Users: each with the sign and word of its state, and the
// warning sign if it is PINless; as many as have room, and how many more there are.
type keyCell struct {
	fynewidget.BaseWidget
	keys  []directory.SecurityKey
	empty bool // of a row that is not there yet
	none  *widget.Text
	more  *widget.Text
	warn  *widget.Badge // one of those not shown is PINless
	shown []*keyBadges  // made as they are needed, and kept
}

// keyBadges is one key of a keyCell.
type keyBadges struct {
	name                *widget.Text
	state, pinless, pin *widget.Badge
}

func newKeyCell() *keyCell {
	c := &keyCell{none: widget.NewText(text.T("users.no_key")), more: widget.NewText(""),
		warn: widget.NewMark(widget.VerificationSign(directory.PINless))}
	c.none.Color, c.more.Color = theme.Muted, theme.Muted
	c.ExtendBaseWidget(c)
	return c
}

// blank shows nothing, not even that there is no key.
func (c *keyCell) blank() {
	c.keys, c.empty = nil, true
	c.Refresh()
}

func (c *keyCell) set(keys []directory.SecurityKey) {
	c.empty = false
	c.keys = inRank(keys)
	for len(c.shown) < min(len(c.keys), maxKeysInCell) {
		name := widget.NewText("")
		name.Clip = true
		c.shown = append(c.shown, &keyBadges{name, widget.NewStatus(widget.Sign{}),
			widget.NewStatus(widget.VerificationSign(directory.PINless)), widget.NewMark(widget.TemporaryPINSign())})
	}
	for i, b := range c.shown {
		if i < len(c.keys) {
			b.name.SetText(c.keys[i].Name)
			b.state.Set(widget.StateSign(c.keys[i].State))
		}
	}
	c.Refresh()
}

const maxKeysInCell = 3

// inRank is keys with those first that matter most: active, pending, disabled, revoked.
func inRank(keys []directory.SecurityKey) []directory.SecurityKey {
	if len(keys) < 2 {
		return keys
	}
	ranked := make([]directory.SecurityKey, 0, len(keys))
	for _, state := range []directory.KeyState{directory.Active, directory.Pending, directory.Disabled, directory.Revoked} {
		for _, k := range keys {
			if k.State == state {
				ranked = append(ranked, k)
			}
		}
	}
	return ranked
}

func (c *keyCell) CreateRenderer() fyne.WidgetRenderer { return &keyCellRenderer{c} }

type keyCellRenderer struct{ cell *keyCell }

func (r *keyCellRenderer) Destroy() {}

func (r *keyCellRenderer) MinSize() fyne.Size {
	return fyne.NewSize(0, r.cell.none.MinSize().Height)
}

func (r *keyCellRenderer) Objects() []fyne.CanvasObject {
	objects := []fyne.CanvasObject{r.cell.none, r.cell.more, r.cell.warn}
	for _, b := range r.cell.shown {
		objects = append(objects, b.name, b.state, b.pinless, b.pin)
	}
	return objects
}

func (r *keyCellRenderer) Refresh() {
	r.Layout(r.cell.Size())
	for _, o := range r.Objects() {
		o.Refresh()
	}
}

// Layout places one key after the other while there is room, name first, and the count of the rest at the end.
func (r *keyCellRenderer) Layout(s fyne.Size) {
	const gap, apart, longest, shortest = theme.Space8, theme.Space16, 130, 40
	c := r.cell
	c.none.Hidden = len(c.keys) > 0 || c.empty
	place(c.none, 0, s.Width, s.Height)
	x, fits := float32(0), 0
	for i, b := range c.shown {
		b.name.Hide()
		b.state.Hide()
		b.pinless.Hide()
		b.pin.Hide()
		if i >= len(c.keys) || i > fits {
			continue
		}
		marks := []fyne.CanvasObject{b.state}
		if c.keys[i].Verification == directory.PINless {
			marks = append(marks, b.pinless)
		}
		if c.keys[i].TemporaryPIN {
			marks = append(marks, b.pin)
		}
		width := float32(0)
		for _, m := range marks {
			width += gap + m.MinSize().Width
		}
		room := s.Width - x
		if len(c.keys) > i+1 {
			room -= 40 + theme.Space24 // for the count and a sign
		}
		name := min(fyne.MeasureText(b.name.Content, fontSize(), fyne.TextStyle{}).Width, longest)
		if name+width > room {
			name = room - width
		}
		if name < shortest && i > 0 {
			continue
		}
		b.name.Show()
		place(b.name, x, max(name, 0), s.Height)
		x += max(name, 0)
		for _, m := range marks {
			m.Show()
			x += gap
			place(m, x, m.MinSize().Width, s.Height)
			x += m.MinSize().Width
		}
		x += apart
		fits = i + 1
	}
	rest := len(c.keys) - fits
	c.more.Hidden = rest <= 0
	c.more.SetText(fmt.Sprintf("+%d", rest))
	w := c.more.MinSize().Width
	place(c.more, x, w, s.Height)
	c.warn.Hidden = !slices.ContainsFunc(c.keys[fits:], func(k directory.SecurityKey) bool {
		return k.Verification == directory.PINless && k.State != directory.Revoked
	})
	place(c.warn, x+w+theme.Space4, c.warn.MinSize().Width, s.Height)
}

// place puts o in the middle of the height.
func place(o fyne.CanvasObject, x, width, height float32) {
	h := o.MinSize().Height
	o.Move(fyne.NewPos(x, (height-h)/2))
	o.Resize(fyne.NewSize(width, h))
}
