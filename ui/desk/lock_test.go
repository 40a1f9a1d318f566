package desk

import (
	"testing"
	"time"
	"unsafe"

	"tapstation/app/directory"
)

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
