package desk

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"tapstation/app/directory"
	"tapstation/ui/widget"
)

// newNotice shows the notice with a clock of the test's own: tick lets a second pass.
func newNotice(t *testing.T, held *directory.HeldError) (n *taken, tick func()) {
	t.Helper()
	test.NewTempApp(t)
	var next func()
	n = newTaken(fyne.CurrentApp(), "/data", held, Options{
		Do:    func(do func()) { do() },
		After: func(_ time.Duration, do func()) func() bool { next = do; return func() bool { return true } },
	})
	return n, func() { do := next; next = nil; do() }
}

func (t *taken) said() string {
	var all []string
	widget.Walk(t.window.Content(), func(o fyne.CanvasObject) bool {
		if w, ok := o.(*widget.Text); ok {
			all = append(all, w.Content)
		}
		return false
	})
	return strings.Join(all, "\n")
}

func TestNoticeSaysWhichProcessHasTheWindow(t *testing.T) {
	for want, held := range map[string]*directory.HeldError{
		"4711 (tapstation)": {PID: 4711, Program: "tapstation", Host: "desk-3", Since: time.Now()},
		"4712":              {PID: 4712},
		"unknown":           {},
	} {
		n, _ := newNotice(t, held)
		said := n.said()
		for _, words := range []string{want, held.Host, "/data"} {
			if !strings.Contains(said, words) {
				t.Errorf("held by %+v: the notice says %q, want %q in it", held, said, words)
			}
		}
	}
}

func TestNoticeClosesByItselfAndByKeys(t *testing.T) {
	n, tick := newNotice(t, &directory.HeldError{PID: 1})
	for i := takenSeconds; i > 0; i-- {
		if n.over {
			t.Fatalf("the notice is gone %d seconds too early", i)
		}
		if want := fmt.Sprintf(" %d second", i); !strings.Contains(n.said(), want) {
			t.Errorf("the notice says %q, want%s in it", n.said(), want)
		}
		tick()
	}
	if !n.over {
		t.Errorf("the notice is still there after %d seconds", takenSeconds)
	}
	for _, key := range []fyne.KeyName{fyne.KeyEscape, fyne.KeyReturn} {
		n, tick := newNotice(t, &directory.HeldError{PID: 1})
		n.window.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: key})
		if !n.over {
			t.Errorf("%s did not close the notice", key)
		}
		tick() // a second that passes later must find nothing to do
	}
}
