package desk

import (
	"testing"
	"time"
	"unsafe"

	"fyne.io/fyne/v2"

	"tapstation/app/directory"
	"tapstation/device/virtual"
	"tapstation/ui/widget"
)

func TestCardsAreNoticedAgainAfterStayingLocked(t *testing.T) {
	var reader *virtual.Reader
	other := newVirtual(t, virtual.Options{UID: []byte{4, 1, 2, 3, 4, 5, 6}})
	own := newVirtual(t, virtual.Options{UID: []byte{4, 1, 2, 3, 4, 5, 7}})
	b := newBench(t, 2, withCards(&reader), withAdmin("u000", directory.Operator))
	b.listed()
	b.enrolled(reader, other, "u000", directory.PIN)
	b.enrolled(reader, own, "u001", directory.PIN)
	b.Lock()
	p := b.login()
	byCard := func(card *virtual.Card) {
		t.Helper()
		b.lay(reader, card)
		b.until("the PIN", func() bool { return p.state.PIN != nil })
		b.write(cardPIN.Reveal())
		b.press(fyne.KeyReturn)
	}
	byCard(other)
	b.until("the question", func() bool { return b.says("Log in as User Number0?") })
	b.press(fyne.KeyEscape)
	reader.Remove()
	byCard(own)
	b.gated(NoGate)
	if b.session.UserID != "u001" {
		t.Errorf("unlocked is %q, want u001, whose card was laid after the answer to stay locked", b.session.UserID)
	}
}

func TestProvenLogInOfSomebodyElseExpires(t *testing.T) {
	asked := func(t *testing.T, now *time.Time) *bench {
		b := newBench(t, 3, withAdmin("u000", directory.Operator), at(now))
		b.listed()
		b.NewUser()
		b.write("carol")
		b.Lock()
		p, paused := b.login(), false
		cancel := p.cancel
		p.cancel = func() { paused = true; cancel() }
		b.logIn("u000", password)
		b.until("the question", func() bool { return b.says("Log in as User Number0?") })
		if !paused {
			t.Error("cards are taken while the question stands that hides what they ask for")
		}
		return b
	}
	stays := func(b *bench) {
		b.t.Helper()
		if widget.Find[*widget.Button](b.window.Content(), "Go on as User Number0") != nil {
			b.t.Error("after a minute without an answer one can still go on as u000")
		}
		if b.Gate() != LockGate || b.session.UserID != "u002" || b.typedID() != "carol" {
			b.t.Errorf("gate %d, session of %q, typed %q: want what u002 left, locked", b.Gate(), b.session.UserID, b.typedID())
		}
	}
	t.Run("after a minute", func(t *testing.T) {
		now := time.Now()
		b := asked(t, &now)
		set := false
		for _, a := range b.alarms {
			set = set || a.after == time.Minute
		}
		if !set {
			t.Error("no clock of a minute is set")
		}
		b.pass()
		stays(b)
		b.logIn("u002", password)
		b.gated(NoGate)
	})
	t.Run("answered after a sleep", func(t *testing.T) {
		now := time.Now()
		b := asked(t, &now)
		now = slept(t, now, time.Hour)
		b.tap("Go on as User Number0")
		stays(b)
	})
	t.Run("another question", func(t *testing.T) {
		now := time.Now()
		b := asked(t, &now)
		first := b.alarms
		b.press(fyne.KeyEscape)
		b.logIn("u000", password)
		b.until("the question", func() bool { return b.says("Log in as User Number0?") })
		for _, a := range first {
			a.do()
		}
		b.settle()
		if !b.says("Log in as User Number0?") {
			t.Error("the clock of a question that was answered takes back the next one")
		}
	})
}

// slept is the time after a sleep of the computer: the clock on the wall went on, and the one that counts steadily, which
// a time holds too, stood still. Nothing but the clock itself makes such times.
func slept(t *testing.T, now time.Time, d time.Duration) time.Time {
	t.Helper()
	later := now.Add(d)
	parts := (*struct {
		wall   uint64
		steady int64
		zone   *time.Location
	})(unsafe.Pointer(&later))
	parts.steady -= int64(d)
	if later.Sub(now) != 0 || later.Round(0).Sub(now.Round(0)) != d {
		t.Fatalf("a time is not made as this test has it: the clocks went on by %v and %v, want 0 and %v",
			later.Sub(now), later.Round(0).Sub(now.Round(0)), d)
	}
	return later
}

func TestSleepOfTheComputerIsIdleTime(t *testing.T) {
	for name, wake := range map[string]func(*bench){
		"a key":          func(b *bench) { b.write("x") },
		"the pointer":    func(b *bench) { b.watcher.Cursor() },
		"nobody is here": func(b *bench) { b.pass() },
	} {
		t.Run(name, func(t *testing.T) {
			now := time.Now()
			b := newBench(t, 1, at(&now))
			b.listed()
			now = slept(t, now, 11*time.Minute)
			wake(b)
			if b.Gate() != LockGate {
				t.Fatal("it does not lock although the computer slept for eleven minutes")
			}
			b.logIn("u000", password)
			b.gated(NoGate)
		})
	}
}

func TestAdminWhoChangedTheirNameFindsWhatTheyTyped(t *testing.T) {
	b := newBench(t, 1)
	b.listed()
	b.NewUser()
	b.write("carol")
	b.Lock()
	b.prepare(func(tx directory.Tx) error {
		u, err := tx.User("u000")
		if err != nil {
			return err
		}
		u.LastName = "Renamed"
		return tx.PutUser(u)
	})
	b.logIn("u000", password)
	b.gated(NoGate)
	if b.Wizard() == nil || b.typedID() != "carol" {
		t.Error("what was typed is gone")
	}
	if b.session.Name != "User Renamed" || widget.Find[*widget.RailItem](b.window.Content(), "User Renamed") == nil {
		t.Errorf("the rail does not show the new name; the session has %q", b.session.Name)
	}
}

func TestOpenPageOfAnAdminNoMoreLocksByItself(t *testing.T) {
	for name, withdraw := range map[string]func(b *bench) error{
		"changed": func(b *bench) error {
			return b.station.Admins.SetRole(t.Context(), "os:test", "u000", directory.Auditor)
		},
		"removed": func(b *bench) error { return b.station.Admins.Remove(t.Context(), "os:test", "u000") },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, 2, withAdmin("u000", directory.Administrator))
			s, err := b.station.Admins.LogIn(t.Context(), "u000", password)
			if err != nil {
				t.Fatal(err)
			}
			b.begin(s)
			b.listed()
			for range 2 { // it asks again and again
				b.pass()
				b.until("the answer that all is well", func() bool { return b.set(checkEvery) })
				if b.Gate() != NoGate {
					t.Fatal("it locks although the role is what it was")
				}
			}
			if err := withdraw(b); err != nil {
				t.Fatal(err)
			}
			b.pass()
			b.gated(LockGate)
			if !b.says("Your role was changed, or you are no admin any more. Log in to see what you may do now.") {
				t.Error("the lock does not say why")
			}
			b.pass()
			if b.set(checkEvery) {
				t.Error("it goes on asking while the window is locked")
			}
		})
	}
}

// set tells whether a clock is set to ring after d.
func (b *bench) set(d time.Duration) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, a := range b.alarms {
		if a.after == d {
			return true
		}
	}
	return false
}
