package desk

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/widget"
)

// acted is a bench whose audit log has entries of two users.
func acted(t *testing.T) (*bench, *activitiesPage) {
	t.Helper()
	b := newBench(t, 3)
	b.change(func(tx directory.Tx) error {
		for i := range 6 {
			e := audit.Entry{Time: b.now(), Actor: "os:alice", Act: audit.KeyRevoked, User: fmt.Sprintf("u%03d", i%2)}
			if i%3 == 0 {
				e.Act = audit.UserAdded
			}
			if err := tx.AppendAudit(e); err != nil {
				return err
			}
		}
		return nil
	})
	b.open(activitiesPlace)
	p, ok := b.page.(*activitiesPage)
	if !ok {
		t.Fatalf("the page is %T, want Activities", b.page)
	}
	b.until("the activities", func() bool { return p.state.Known && !p.state.Asking })
	return b, p
}

func TestActivitiesAreTheNewestFirst(t *testing.T) {
	_, p := acted(t)
	if n := p.state.Rows.count(); n < 6 {
		t.Fatalf("%d activities are listed, want at least the 6", n)
	}
	for row := 1; row < p.state.Rows.count(); row++ {
		before, _ := p.state.Rows.at(row - 1)
		e, _ := p.state.Rows.at(row)
		if e.Seq >= before.Seq {
			t.Errorf("entry %d stands below entry %d", e.Seq, before.Seq)
		}
	}
}

func TestActivitiesAreNarrowedByWordsAndFilters(t *testing.T) {
	b, p := acted(t)
	p.search.Entry.SetText("u001")
	b.until("those of u001", func() bool { return p.state.Query.User == "u001" && !p.state.Asking })
	for row := range p.state.Rows.count() {
		if e, _ := p.state.Rows.at(row); e.User != "u001" {
			t.Errorf("an entry about %q is listed", e.User)
		}
	}
	p.act.OnChanged(string(audit.UserAdded))
	b.until("those added", func() bool { return p.state.Query.Act == audit.UserAdded && !p.state.Asking })
	if n := p.state.Rows.count(); n != 1 {
		t.Errorf("%d entries say that u001 was added, want 1", n)
	}
	p.showAll()
	b.until("all", func() bool { return p.state.Query == directory.ActivityQuery{} && !p.state.Asking })
	if n := p.state.Rows.count(); n < 6 || p.search.Text() != "" {
		t.Errorf("%d entries are listed for %q, want all again", n, p.search.Text())
	}
}

func TestAnActivityOpensAndLeadsToItsUser(t *testing.T) {
	b, p := acted(t)
	p.search.Entry.SetText("u001")
	b.until("those of u001", func() bool { return p.state.Query.User == "u001" && !p.state.Asking })
	p.list.Open(0)
	if _, ok := b.page.(*activityPage); !ok {
		t.Fatalf("the page is %T, want the activity", b.page)
	}
	b.Window().Canvas().OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if b.page != page(p) {
		t.Errorf("Escape leads to %T, want back to Activities", b.page)
	}
	p.list.Open(0)
	widget.Find[*widget.Button](b.Page(), text.T("activity.show_user")).Tapped(nil)
	if u, ok := b.page.(*userPage); !ok || u.state.ID != "u001" {
		t.Errorf("the page is %T, want that of u001", b.page)
	}
}

func TestVerifyTellsSoundFromTampered(t *testing.T) {
	b, p := acted(t)
	said := func() string {
		words := ""
		widget.Walk(p.proof.said, func(o fyne.CanvasObject) bool {
			if badge, ok := o.(*widget.Badge); ok {
				words = badge.AccessibilityLabel()
			}
			return false
		})
		return words
	}
	p.proof.check()
	b.until("the proof", func() bool { return !p.proof.button.Disabled() })
	if got := said(); got != text.T("activities.verified") {
		t.Errorf("of a sound log it says %q", got)
	}
	b.station.Directory.Store = tampered{b.station.Directory.Store}
	p.proof.check()
	b.until("the proof", func() bool { return !p.proof.button.Disabled() })
	if got := said(); got != text.T("activities.broken") {
		t.Errorf("of a log with another actor in it, it says %q", got)
	}
}

func TestActivitiesAreExportedByTheEndingOfTheName(t *testing.T) {
	b, _ := acted(t)
	folder := t.TempDir()
	for name, begins := range map[string]string{"a.csv": "\uFEFFseq,time,", "b.jsonl": `{"seq":1,`, "c": `{"seq":1,`} {
		path := filepath.Join(folder, name)
		n, err := b.exportAudit(t.Context(), path, directory.ActivityQuery{})
		if err != nil || n < 6 {
			t.Fatalf("%s: exported %d, %v", name, n, err)
		}
		if got, err := os.ReadFile(path); err != nil || !strings.HasPrefix(string(got), begins) {
			t.Errorf("%s begins %.20q (%v), want %q", name, got, err, begins)
		}
	}
}

// change puts records into the directory behind the window's back.
func (b *bench) change(do func(directory.Tx) error) {
	b.t.Helper()
	if err := b.store.Update(b.t.Context(), do); err != nil {
		b.t.Fatal(err)
	}
}

// tampered is a store in whose audit log somebody has changed who did the third act.
type tampered struct{ directory.Store }

func (s tampered) View(ctx context.Context, do func(directory.Tx) error) error {
	return s.Store.View(ctx, func(tx directory.Tx) error { return do(tamperedTx{tx}) })
}

type tamperedTx struct{ directory.Tx }

func (t tamperedTx) Audit(q directory.AuditQuery) ([]audit.Entry, error) {
	entries, err := t.Tx.Audit(q)
	for i := range entries {
		if entries[i].Seq == 3 {
			entries[i].Actor = "os:eve"
		}
	}
	return entries, err
}
