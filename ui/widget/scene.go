package widget

import (
	"math"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	fynetheme "fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"tapstation/ui/theme"
)

// Pose is what the drawing of a card over a reader shows.
type Pose int

// Poses.
const (
	NoReader Pose = iota // a card and nothing to put it on
	Waiting              // the card floats and the reader calls for it: the only pose that moves
	Working              // the card lies on the reader
	Done                 // one big mark
	Stopped              // the card lies there, with a warning beside it
)

// Scene is the large drawing of a card over a reader.
type Scene struct {
	fynewidget.BaseWidget
	pose Pose
	lift float32 // of the card above the reader: 1 as drawn, 0 lying on it
	wave float32 // where the reader's wave is, 0 to 1

	float *fyne.Animation
	place func() // moves the parts, once they are there
}

// NewScene shows pose.
func NewScene(pose Pose) *Scene {
	s := &Scene{}
	s.ExtendBaseWidget(s)
	s.float = &fyne.Animation{Duration: 2400 * time.Millisecond, RepeatCount: fyne.AnimationRepeatForever,
		Curve: fyne.AnimationLinear, Tick: s.tick}
	s.SetPose(pose)
	return s
}

// Pose is what is shown.
func (s *Scene) Pose() Pose { return s.pose }

// SetPose changes what is shown.
func (s *Scene) SetPose(p Pose) {
	s.float.Stop()
	s.pose, s.wave = p, 0
	s.lift = 1
	switch p {
	case Working, Stopped:
		s.lift = 0
	case Waiting:
		s.wave = 0.45 // where nothing moves, all rings are seen
		if fyne.CurrentApp().Settings().ShowAnimations() && s.Visible() {
			s.float.Start()
		}
	}
	s.Refresh()
}

// Hide stops what moves.
func (s *Scene) Hide() {
	s.float.Stop()
	s.BaseWidget.Hide()
}

// Show goes on.
func (s *Scene) Show() {
	s.BaseWidget.Show()
	s.SetPose(s.pose)
}

// Stop ends what moves, for good: for a page that is left.
func (s *Scene) Stop() { s.float.Stop() }

func (s *Scene) tick(at float32) {
	s.wave = at
	s.lift = 1 - 0.18*float32(1-math.Cos(2*math.Pi*float64(at)))/2
	if s.place != nil {
		s.place() // a frame only moves things: drawing the parts anew each time would cost a processor
	}
}

// CreateRenderer is for Fyne.
func (s *Scene) CreateRenderer() fyne.WidgetRenderer {
	reader, shadow, card := picture(theme.SceneReader), picture(theme.SceneShadow), picture(theme.SceneCard)
	rings := []*canvas.Image{picture(theme.SceneRing1), picture(theme.SceneRing2), picture(theme.SceneRing3)}
	disc, mark := canvas.NewCircle(nil), picture(nil)
	objects := []fyne.CanvasObject{reader}
	for _, ring := range rings {
		objects = append(objects, ring)
	}
	objects = append(objects, shadow, card, disc, mark)

	r := &renderer{objects: objects, destroy: s.float.Stop}
	place := func() {
		size := s.Size()
		scale := min(size.Width/theme.SceneSize.Width, size.Height/theme.SceneSize.Height)
		canvasSize := fyne.NewSize(theme.SceneSize.Width*scale, theme.SceneSize.Height*scale)
		origin := fyne.NewPos((size.Width-canvasSize.Width)/2, (size.Height-canvasSize.Height)/2)
		for _, o := range append([]*canvas.Image{reader, shadow}, rings...) {
			o.Resize(canvasSize)
			o.Move(origin)
		}
		card.Resize(canvasSize)
		// In whole units: what does not move is not drawn, and a third of the frames is enough.
		fall := float32(math.Round(float64((1 - s.lift) * theme.SceneCardHeight * scale)))
		card.Move(origin.AddXY(0, fall))
		shadow.Translucency = float64(0.35 + 0.45*s.lift)
		for i, ring := range rings {
			// Each ring glows as the wave passes it.
			from := math.Abs(float64(s.wave) - 0.2 - 0.25*float64(i))
			ring.Translucency = 1 - max(0.9-3*from, 0.12)
		}
		big := 96 * scale
		at := origin.AddXY((canvasSize.Width-big)/2, (canvasSize.Height-big)/2)
		if s.pose == Stopped {
			big = 64 * scale
			at = origin.AddXY(canvasSize.Width*0.68, canvasSize.Height*0.32)
		}
		disc.Move(at)
		disc.Resize(fyne.NewSquareSize(big))
		in := big * 0.22
		mark.Move(at.AddXY(in, in))
		mark.Resize(fyne.NewSquareSize(big - 2*in))
	}
	r.layout = func(fyne.Size) { place() }
	r.min = func() fyne.Size { return fyne.NewSize(240, 180) }
	r.refresh = func() {
		waiting := s.pose == Waiting
		for _, ring := range rings {
			ring.Hidden = !waiting
		}
		reader.Hidden = s.pose == NoReader
		shadow.Hidden = s.pose == NoReader
		disc.Hidden, mark.Hidden = s.pose != Done && s.pose != Stopped, s.pose != Done && s.pose != Stopped
		disc.FillColor, mark.Resource = fynetheme.Color(theme.Success), theme.CheckIcon.In(theme.OnPrimary)
		if s.pose == Stopped {
			disc.FillColor, mark.Resource = fynetheme.Color(theme.Warning), theme.WarningIcon.In(theme.OnWarning)
		}
		mark.Refresh() // before its size changes: Fyne would keep the old picture under the new name
		place()
	}
	r.refresh()
	s.place = place
	return r
}
