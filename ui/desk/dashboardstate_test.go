package desk

import (
	"testing"
	"time"

	"tapstation/app/directory"
)

func TestFiguresAreOfTheDaysOnTheWall(t *testing.T) {
	now := time.Date(2026, 3, 30, 0, 30, 0, 0, time.Local)
	q := statisticsOn(now)
	if len(q.Days) != chartDays+1 {
		t.Fatalf("asked for %d days, want %d", len(q.Days)-1, chartDays)
	}
	for i, d := range q.Days {
		want := time.Date(2026, 3, 1+i, 0, 0, 0, 0, time.Local)
		if !d.Equal(want) {
			t.Errorf("day %d begins %v, want %v", i, d, want)
		}
	}
	if today := q.Days[chartDays-1]; today.After(now) || !q.Days[chartDays].After(now) {
		t.Errorf("now is not within the last day, which begins %v", today)
	}
	if !q.PendingBefore.Equal(now.Add(-7 * 24 * time.Hour)) {
		t.Errorf("pending for long is from %v on, want a week ago", q.PendingBefore)
	}
}

func TestBarsNameTodayAndEveryWeekBefore(t *testing.T) {
	s := dashboardState{Query: statisticsOn(time.Date(2026, 3, 30, 12, 0, 0, 0, time.Local))}
	s.Figures.Activations = make([]int, chartDays)
	s.Figures.Activations[chartDays-1], s.Figures.Activations[0] = 2, 1
	bars := s.bars()
	if len(bars) != chartDays || s.activations() != 3 {
		t.Fatalf("%d bars of %d activations, want %d of 3", len(bars), s.activations(), chartDays)
	}
	for i, b := range bars {
		if named := b.Tick != ""; named != ((chartDays-1-i)%7 == 0) {
			t.Errorf("bar %d says %q below", i, b.Tick)
		}
	}
	if got := bars[chartDays-1].Words; got != "2026-03-30: 2 activations" {
		t.Errorf("today's bar says %q", got)
	}
}

// TestEveryFigureIsThatOfItsList holds the number on a tile to the list that the tile opens.
func TestEveryFigureIsThatOfItsList(t *testing.T) {
	b := newBench(t, 9)
	now := b.now()
	states := []directory.KeyState{directory.Active, directory.Pending, directory.Disabled, directory.Revoked}
	b.change(func(tx directory.Tx) error {
		for i := range 40 {
			k := directory.SecurityKey{ID: string(rune('a'+i/26)) + string(rune('a'+i%26)), UserID: "u00" + string(rune('0'+i%7)), Name: "Card",
				Kind: directory.Card, State: states[i%5%4], Verification: directory.PIN, TemporaryPIN: i%3 == 0,
				Created: now.Add(-time.Duration(i) * 24 * time.Hour), Activated: now.Add(-time.Duration(i) * 24 * time.Hour)}
			if i%2 == 0 {
				k.Verification = directory.PINless
			}
			if err := tx.PutKey(k); err != nil {
				return err
			}
		}
		u, err := tx.User("u008")
		if err != nil {
			return err
		}
		u.Disabled = true
		return tx.PutUser(u)
	})
	figures, err := b.station.Directory.Statistics(t.Context(), statisticsOn(now))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for _, c := range append(append(userCounts(), keyCounts()...), lookCounts(b.now)...) {
		got, want := c.of(figures), 0
		if c.users != nil {
			list, err := b.station.Directory.Users(t.Context(), c.users())
			if err != nil {
				t.Fatal(err)
			}
			want = len(list.Rows)
		} else {
			list, err := b.station.Directory.Keys(t.Context(), c.keys())
			if err != nil {
				t.Fatal(err)
			}
			want = len(list.Keys)
		}
		if got != want {
			t.Errorf("%q says %d, its list has %d", c.sign.Word, got, want)
		}
		seen[got] = true
	}
	if len(seen) < 5 {
		t.Errorf("the figures are %v: too alike to tell one from another", seen)
	}
	days := statisticsOn(now).Days
	for i, n := range figures.Activations {
		list, err := b.station.Directory.Keys(t.Context(), directory.KeyQuery{ActivatedFrom: days[i], ActivatedBefore: days[i+1]})
		if err != nil || len(list.Keys) != n {
			t.Errorf("day %d: the bar says %d, its list has %d (%v)", i, n, len(list.Keys), err)
		}
	}
}
