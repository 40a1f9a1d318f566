package desk

import (
	"errors"
	"testing"
	"time"

	"tapstation/app/audit"
	"tapstation/app/directory"
)

func TestPeriodsBeginAtMidnight(t *testing.T) {
	now := time.Date(2026, 3, 30, 9, 30, 0, 0, time.Local) // where clocks were put forward the day before
	for p, want := range map[period]time.Time{
		everPeriod:  {},
		todayPeriod: time.Date(2026, 3, 30, 0, 0, 0, 0, time.Local),
		weekPeriod:  time.Date(2026, 3, 24, 0, 0, 0, 0, time.Local),
		monthPeriod: time.Date(2026, 3, 1, 0, 0, 0, 0, time.Local),
	} {
		if got := p.since(now); !got.Equal(want) {
			t.Errorf("the period %q begins %v, want %v", p, got, want)
		}
	}
}

func TestSearchMeansAUserOrAsks(t *testing.T) {
	ada, adam := directory.User{ID: "ada"}, directory.User{ID: "adam"}
	for _, c := range []struct {
		typed string
		found []directory.User
		want  string
		asks  int
	}{
		{"", nil, "", 0},
		{"ada", []directory.User{ada, adam}, "ada", 0},
		{"ADA", []directory.User{ada, adam}, "ada", 0},
		{"ad", []directory.User{ada, adam}, "", 2},
		{"adam l", []directory.User{adam}, "adam", 0},
		{"gone.long.ago", nil, "gone.long.ago", 0},
	} {
		s := activitiesState{whom: whom{Typed: c.typed}}
		changed := s.meant(c.found)
		if s.Query.User != c.want || len(s.Users) != c.asks || changed != (c.want != "") {
			t.Errorf("%q among %d: shows %q, asks about %d, changed %v; want %q and %d", c.typed, len(c.found), s.Query.User,
				len(s.Users), changed, c.want, c.asks)
		}
	}
}

func TestActivitiesGoOnWhereThePageBeforeEnded(t *testing.T) {
	var s activitiesState
	s.Back = todayPeriod
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.Local)
	s.first()
	if q := s.question(now); q.Before != 0 || q.Since.IsZero() {
		t.Errorf("the first question is %+v, want one from the newest back to midnight", q)
	}
	s.answer(s.Asked, directory.ActivityPage{Entries: []audit.Entry{{Seq: 9, Actor: "os:a"}, {Seq: 7, Actor: "os:b"}}, Next: 7}, nil)
	if !s.more() {
		t.Fatal("there is more, and it is not asked for")
	}
	if q := s.question(now); q.Before != 7 {
		t.Errorf("the second question is %+v, want one before entry 7", q)
	}
	n := s.Asked
	s.first()
	s.answer(n, directory.ActivityPage{Entries: []audit.Entry{{Seq: 6}}}, nil)
	if s.Rows.count() != 2 {
		t.Error("an answer to a question that was given up was taken in")
	}
	s.answer(s.Asked, directory.ActivityPage{}, errors.New("away"))
	if s.Failed == nil {
		t.Error("a failure is not known of")
	}
	if len(s.Actors) != 2 {
		t.Errorf("those who did something are %v, want two", s.Actors)
	}
}
