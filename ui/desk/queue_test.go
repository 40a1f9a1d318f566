package desk

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"tapstation/app/activation"
	"tapstation/app/directory"
	"tapstation/device"
	"tapstation/device/virtual"
	"tapstation/ui/tap"
)

func TestQueueTakesEverybodyInTurnAndKeepsWhatCameOfIt(t *testing.T) {
	s := queueState{People: []person{{"a", "Ada"}, {"b", "Bob"}, {"c", "Cy"}, {"d", "Di"}}}
	s = s.next(queueResult{Outcome: enrolledKey, Key: directory.SecurityKey{Name: "Card"}})
	before := s
	s = s.next(queueResult{Outcome: notEnrolled, Err: device.ErrKeyFull})
	if who, ok := before.now(); !ok || who.ID != "b" {
		t.Errorf("after the first it is the turn of %v, want b; a later state must not change an earlier one", who)
	}
	s = s.stop()
	if _, ok := s.now(); ok || !s.over() {
		t.Error("after it was stopped somebody still has a turn")
	}
	if got := s.next(queueResult{Outcome: skipped}); len(got.Results) != 2 {
		t.Error("a result is taken down after the end")
	}
	n := s.counts()
	if n[enrolledKey] != 1 || n[notEnrolled] != 1 || n[notReached] != 2 {
		t.Errorf("it counts %v, want one enrolled, one not, two not reached", n)
	}
	lines := reportOf(t, s)
	if len(lines) != 5 {
		t.Fatalf("the report has %d lines, want a heading and four: %q", len(lines), lines)
	}
	for i, want := range []string{"a\tAda\tEnrolled\tCard", "b\tBob\tNot enrolled\tThis card is full", "c\tCy\tNot reached\t"} {
		if lines[i+1] != want {
			t.Errorf("line %d of the report is %q, want %q", i+1, lines[i+1], want)
		}
	}
}

// reportOf is the report's lines.
func reportOf(t *testing.T, s queueState) []string {
	t.Helper()
	report, err := s.report()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimRight(report, "\n"), "\n")
}

func TestReportOfAQueueRunsInNoSpreadsheet(t *testing.T) {
	s := queueState{People: []person{{"=1+1", `=HYPERLINK("https://example.org")`}, {"b", "@SUM(A1)"}}}.stop()
	for i, want := range []string{"'=1+1\t\"'=HYPERLINK(", "b\t'@SUM(A1)\t"} {
		if got := reportOf(t, s)[i+1]; !strings.HasPrefix(got, want) {
			t.Errorf("line %d of the report is %q, want it to begin with %q, which is no formula", i+1, got, want)
		}
	}
	s.People[0].Name = "a\x00b"
	if report, err := s.report(); err == nil {
		t.Errorf("a name that cannot be read again is reported as %q, want an error", report)
	}
}

// queueBench is a desk with a reader and cards that work, and users who get PINless cards.
func queueBench(t *testing.T, users int, more ...func(*bench)) (*bench, *virtual.Reader) {
	t.Helper()
	var reader *virtual.Reader
	b := newBench(t, users, append(more, func(b *bench) {
		b.source.real = true
		reader = b.service.AddReader("Test Reader")
		err := b.store.Update(t.Context(), func(tx directory.Tx) error {
			w := directory.DefaultWorkspace()
			w.Verification = directory.PINless
			return tx.PutWorkspace(w)
		})
		if err != nil {
			t.Fatal(err)
		}
	})...)
	b.listed()
	return b, reader
}

func blankCard(t *testing.T, uid byte) *virtual.Card {
	t.Helper()
	c, err := virtual.New(virtual.Options{UID: []byte{4, 1, 2, 3, 4, 5, uid}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// waits waits until the queue waits for the card of a user.
func (b *bench) waits(q *queuePage, id string) {
	b.t.Helper()
	b.until("the turn of "+id, func() bool {
		s := q.stand.Ceremony.State()
		return s.Request.UserID == id && s.Waiting()
	})
}

func TestQueueGoesOnWhenTheCardIsTakenAway(t *testing.T) {
	b, reader := queueBench(t, 4, withKeys) // u000 has an active key already
	b.users.list.Mark(0, 3)
	b.tap("Enroll one after another")
	b.until("the queue", func() bool { return b.queued() != nil })
	q := b.queued()
	b.press(fyne.KeyReturn)
	b.waits(q, "u001")
	reader.Insert(blankCard(t, 1))
	b.until("the first key", func() bool { return q.state.at() == 2 })
	if q.stand.Ceremony.State().Phase != tap.Enrolled {
		t.Error("with the card still there it is already the next one's turn")
	}
	reader.Remove()
	b.waits(q, "u002")

	b.press(fyne.KeyEscape) // away and back: it stands where it stood
	b.listed()
	if !b.says("Enrolling one after another: 2 of 4 done.") {
		t.Error("All Users does not say that a queue has not ended")
	}
	b.tap("Go on")
	b.waits(q, "u002")
	b.tap("Skip")
	b.waits(q, "u003")
	reader.Insert(blankCard(t, 3))
	b.until("the end", func() bool { return q.state.over() })

	var got []outcome
	for _, r := range q.state.Results {
		got = append(got, r.Outcome)
	}
	want := []outcome{hadOne, enrolledKey, skipped, enrolledKey}
	for i := range want {
		if i >= len(got) || got[i] != want[i] {
			t.Fatalf("the outcomes are %v, want %v", got, want)
		}
	}
	for id, keys := range map[string]int{"u001": 1, "u002": 0, "u003": 1} {
		if _, have, err := b.station.Directory.User(t.Context(), id); err != nil || len(have) != keys {
			t.Errorf("%s holds %d keys (%v), want %d", id, len(have), err, keys)
		}
	}
	b.tap("Copy the report")
	if copied := b.app.Clipboard().Content(); !strings.Contains(copied, "u002\tUser Number2\tSkipped") {
		t.Errorf("the copied report is %q, want it to tell that u002 was skipped", copied)
	}
	b.press(fyne.KeyReturn)
	b.listed()
	if b.queued() != nil {
		t.Error("a queue that has ended still waits")
	}
}

func TestQueueThatIsStoppedTellsWhoWasNotReached(t *testing.T) {
	b, _ := queueBench(t, 3)
	b.users.list.Mark(0, 2)
	b.users.enroll()
	b.until("the queue", func() bool { return b.queued() != nil })
	q := b.queued()
	q.begin()
	b.waits(q, "u000")
	b.tap("Stop here")
	if n := q.state.counts(); n[notReached] != 3 {
		t.Errorf("it counts %v, want three not reached", n)
	}
	if !b.says("3 Not reached") {
		t.Error("the report does not say how many were not reached")
	}
}

func TestQueueActivatesTheKeyThatWaitsForItsUser(t *testing.T) {
	b, reader := queueBench(t, 2)
	b.setUpMail(directory.PINless)
	k, err := b.station.Activation.Assign(t.Context(), activation.Assignment{UserID: "u000", KeyName: "Blue", Actor: "os:test"})
	if err != nil {
		t.Fatal(err)
	}
	b.users.list.Mark(0, 0)
	b.tap("Enroll one after another")
	b.until("the queue", func() bool { return b.queued() != nil })
	q := b.queued()
	b.press(fyne.KeyReturn)
	b.waits(q, "u000")
	reader.Insert(blankCard(t, 1))
	b.until("the key", func() bool { return q.state.at() == 1 })
	_, keys, err := b.station.Directory.User(t.Context(), "u000")
	if err != nil || len(keys) != 1 || keys[0].ID != k.ID || keys[0].State != directory.Active {
		t.Errorf("u000 holds %+v (%v), want the key that was pending alone, active", keys, err)
	}
}
