package desk

import (
	"crypto/sha256"
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/directory"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// gateWidth is how wide what is filled in on a gate is, in units.
const gateWidth float32 = 400

// gateBody puts o in the middle of the window. What does not fit can be scrolled.
func gateBody(o fyne.CanvasObject) fyne.CanvasObject {
	return container.NewVScroll(container.New(gateLayout{}, o))
}

// gateLayout keeps one object in the middle, gateWidth wide.
type gateLayout struct{}

func (gateLayout) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	h := heightAt(objects[0], gateWidth)
	objects[0].Resize(fyne.NewSize(gateWidth, h))
	objects[0].Move(fyne.NewPos((s.Width-gateWidth)/2, max((s.Height-h)/2, theme.Space24)))
}

func (gateLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(gateWidth+2*theme.Space32, heightAt(objects[0], gateWidth)+2*theme.Space24)
}

// heightAt is how high o is at a width; words wrap, so their height is that of their last width.
func heightAt(o fyne.CanvasObject, width float32) float32 {
	if s := o.Size(); s.Width != width {
		o.Resize(fyne.NewSize(width, s.Height))
	}
	return o.MinSize().Height
}

// emblem is the workspace's logo, or the program's own where it has none.
func emblem(w directory.Workspace, side float32) fyne.CanvasObject {
	if res := logo(w); res != nil {
		return widget.Picture(res, side)
	}
	return widget.Picture(theme.AppIcon, side)
}

// logo is the workspace's logo; nil where it has none.
func logo(w directory.Workspace) fyne.Resource {
	ending := map[string]string{"image/png": ".png", "image/jpeg": ".jpg", "image/svg+xml": ".svg"}[directory.LogoType(w.Logo)]
	if ending == "" {
		return nil
	}
	return fyne.NewStaticResource(fmt.Sprintf("logo-%x%s", sha256.Sum256(w.Logo), ending), w.Logo)
}

// note is a sentence with a sign beside it; without words there is nothing to see.
type note struct {
	content *fyne.Container
	mark    *widget.Badge
	words   *widget.Paragraph
}

func newNote() *note {
	n := &note{mark: widget.NewMark(widget.Sign{}), words: widget.NewParagraph("")}
	n.content = container.New(markLayout{}, n.mark, n.words)
	n.content.Hide()
	return n
}

// say shows a sentence; "" takes it away.
func (n *note) say(icon *theme.Icon, color fyne.ThemeColorName, words string) {
	n.content.Hidden = words == ""
	n.mark.Set(widget.Sign{Icon: icon, Color: color, Word: words})
	n.words.SetText(words)
	n.content.Refresh()
}

func (n *note) warn(words string) { n.say(theme.WarningIcon, theme.Danger, words) }
func (n *note) tell(words string) { n.say(theme.InfoIcon, theme.Muted, words) }
