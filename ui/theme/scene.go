package theme

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"

	"tapstation/assets"
)

// SceneSize is the canvas of the parts of the drawing, in units; laid over each other they show a card over a
// reader. The card floats 114 units above its place on the reader.
var SceneSize = fyne.NewSize(480, 360)

// ScenePart is one part of the drawing of a card over a reader. It follows the theme.
type ScenePart struct {
	name string
	svg  string
}

// Parts of the drawing, from the back to the front.
var (
	SceneReader = scene("reader")
	SceneRing1  = scene("ring1") // the smallest of the waves that the reader sends
	SceneRing2  = scene("ring2")
	SceneRing3  = scene("ring3")
	SceneShadow = scene("shadow") // of the card, on the reader
	SceneCard   = scene("card")
)

// SceneCardHeight is how far, in units of SceneSize, the card of SceneCard floats above the reader: moved down by
// this it lies on it.
const SceneCardHeight float32 = 110

func scene(name string) *ScenePart {
	svg, err := assets.Scene.ReadFile("scene/" + name + ".svg")
	if err != nil {
		panic(err) // the file is part of the program
	}
	return &ScenePart{name, string(svg)}
}

// Name has the variant in it, so that nothing kept of the other one is shown.
func (s *ScenePart) Name() string {
	return fmt.Sprintf("scene-%s-%s.svg", s.name, strings.TrimPrefix(hex(fynetheme.Color(Background)), "#"))
}

// Content is the part as SVG in the colours of the theme.
func (s *ScenePart) Content() []byte {
	paint := scenePaint{"#eef1f5", "#c4ccd6", "#aab4c1", "#ffffff", "#c3cbd6", "#e3b65a"}
	if isDark() {
		paint = scenePaint{"#303a48", "#222b37", "#566273", "#dfe5ec", "#98a3b2", "#d6a94c"}
	}
	primary := hex(light.primary)
	if s.name != "card" { // the card is light in both variants
		primary = hex(fynetheme.Color(Primary))
	}
	return []byte(strings.NewReplacer(
		"var(--top)", paint.top, "var(--edge)", paint.edge, "var(--line)", paint.line,
		"var(--card)", paint.card, "var(--cardedge)", paint.cardEdge, "var(--chip)", paint.chip,
		"var(--mark)", primary, "var(--primary)", primary, "var(--lamp)", hex(fynetheme.Color(Success)),
	).Replace(s.svg))
}

// scenePaint are the materials of reader and card.
type scenePaint struct{ top, edge, line, card, cardEdge, chip string }

func isDark() bool {
	r, g, b, _ := fynetheme.Color(Background).RGBA()
	return r+g+b < 3*0x8000
}
