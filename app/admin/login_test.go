package admin_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"tapstation/app/admin"
	"tapstation/app/audit"
	"tapstation/app/directory"
)

func TestRightPasswordLogsInWhateverTheCaseOfTheUserID(t *testing.T) {
	d := newDesk(t)
	s, err := d.logIn("ADA", password)
	if err != nil || s.UserID != "ada" || s.Role != directory.Owner || !s.May(directory.Restore) {
		t.Fatalf("log in: %+v, %v; want ada, the owner", s, err)
	}
	if adm := d.admin("ada"); !adm.LastLogin.Equal(begin) {
		t.Errorf("the last log-in was %v, want %v", adm.LastLogin, begin)
	}
	if acts := d.acts("ada"); acts[len(acts)-1] != audit.AdminLoggedIn {
		t.Errorf("on record: %v, want the log-in last", acts)
	}
}

func TestPasswordIsTheSameHoweverItWasComposed(t *testing.T) {
	d := newDesk(t)
	d.addUser(directory.User{ID: "bob"})
	d.must(func(a *admin.Admins) error {
		return a.Add(t.Context(), by, "bob", directory.Operator, "Straße über Zürich") // composed
	})
	if _, err := d.logIn("bob", "Straße u\u0308ber Zu\u0308rich"); err != nil {
		t.Errorf("log in with the letters in their parts: %v", err)
	}
}

func TestEachWrongPasswordWaitsLongerAndTheLastOneLocks(t *testing.T) {
	d := newDesk(t)
	for n := 1; n <= admin.LockedAfter; n++ {
		_, err := d.logIn("ada", wrong)
		if n == admin.LockedAfter {
			wantErr(t, fmt.Sprint("wrong password ", n), err, admin.ErrLocked)
			break
		}
		wantErr(t, fmt.Sprint("wrong password ", n), err, admin.ErrWrong)
		if n < 3 {
			continue
		}
		want := d.now.Add(time.Second << (n - 3))
		_, err = d.logIn("ada", password)
		if until := waits(err); !until.Equal(want) {
			t.Errorf("the right password after %d wrong ones: %v, want to wait until %v", n, err, want)
		}
		d.now = want.Add(-time.Microsecond)
		_, err = d.logIn("ada", password)
		if until := waits(err); !until.Equal(want) {
			t.Errorf("just before it is time: %v, want to wait until %v", err, want)
		}
		d.now = want
	}
	d.now = d.now.AddDate(100, 0, 0)
	_, err := d.logIn("ada", password)
	wantErr(t, "the right password a hundred years after the lock", err, admin.ErrLocked)
	if d.compared != admin.LockedAfter {
		t.Errorf("%d passwords were compared, want the %d that did not have to wait", d.compared, admin.LockedAfter)
	}
	if n := d.count(audit.AdminLoginRefused); n != admin.LockedAfter {
		t.Errorf("%d refusals are on record, want %d", n, admin.LockedAfter)
	}
	if n := d.count(audit.AdminLocked); n != 1 {
		t.Errorf("%d locks are on record, want 1", n)
	}
}

func TestRightPasswordBeginsTheCountAnew(t *testing.T) {
	d := newDesk(t)
	for range 3 {
		for range 2 {
			_, err := d.logIn("ada", wrong)
			wantErr(t, "wrong password", err, admin.ErrWrong)
		}
		if _, err := d.logIn("ada", password); err != nil {
			t.Fatalf("the right password after two wrong ones: %v", err)
		}
		if adm := d.admin("ada"); adm.Failures != 0 || adm.Locked || !adm.Attempted.IsZero() {
			t.Errorf("after the right one: %+v, want nothing of the wrong ones", adm)
		}
	}
}

func TestLastAttemptBeforeTheLockMayBeRight(t *testing.T) {
	d := newDesk(t)
	for range admin.LockedAfter - 1 {
		_, err := d.logIn("ada", wrong)
		wantErr(t, "wrong password", err, admin.ErrWrong)
		d.now = d.now.Add(15 * time.Minute)
	}
	if _, err := d.logIn("ada", password); err != nil {
		t.Fatalf("the right password at the last attempt: %v", err)
	}
	if adm := d.admin("ada"); adm.Locked || adm.Failures != 0 {
		t.Errorf("after it: %+v, want no lock", adm)
	}
}

// TestTenThousandGuessesGetNoFurtherThanTheLock is a script that starts the program anew for each guess and waits a minute
// in between.
func TestTenThousandGuessesGetNoFurtherThanTheLock(t *testing.T) {
	guesses := 500
	if os.Getenv("TAPSTATION_SOAK") != "" {
		guesses = 10_000
	}
	d := newDesk(t)
	answers := map[error]int{}
	for n := range guesses {
		_, err := d.logIn("ada", fmt.Sprintf("guess number %06d", n))
		for _, e := range []error{admin.ErrWrong, admin.ErrLocked} {
			if errors.Is(err, e) {
				answers[e]++
			}
		}
		d.now = d.now.Add(time.Minute)
	}
	if d.compared != admin.LockedAfter {
		t.Errorf("%d of %d guesses were compared, want %d", d.compared, guesses, admin.LockedAfter)
	}
	if answers[admin.ErrWrong]+answers[admin.ErrLocked]+1 < guesses || answers[admin.ErrLocked] < guesses-12 {
		t.Errorf("the answers were %v, want locked from the tenth on", answers)
	}
	if n := d.count(audit.AdminLoginRefused); n > admin.LockedAfter {
		t.Errorf("%d entries on record, want at most %d", n, admin.LockedAfter)
	}
}

func TestAttemptIsOnDiskBeforeItIsCompared(t *testing.T) {
	d := newDesk(t)
	a, end := d.admins()
	defer end()
	for n := 1; n <= 3; n++ {
		admin.Counted(a, func() {
			if adm := d.admin("ada"); adm.Failures != n {
				t.Errorf("while attempt %d is compared another program sees %d, want it counted", n, adm.Failures)
			}
			panic("the power goes")
		})
		func() {
			defer func() { _ = recover() }()
			_, _ = a.LogIn(t.Context(), "ada", wrong)
		}()
	}
	_, err := d.logIn("ada", password)
	if waits(err).IsZero() {
		t.Errorf("after three attempts that ended in a crash: %v, want to wait", err)
	}
}

func TestAttemptsOfSeveralProgramsEachCount(t *testing.T) {
	d := newDesk(t)
	var mu sync.Mutex
	var group sync.WaitGroup
	compared := 0
	for range 16 {
		group.Go(func() {
			a, end := d.admins()
			defer end()
			admin.Counted(a, func() { mu.Lock(); compared++; mu.Unlock() })
			_, err := a.LogIn(t.Context(), "ada", wrong)
			if !errors.Is(err, admin.ErrWrong) && waits(err).IsZero() {
				t.Errorf("one of many at once: %v, want wrong, or to wait", err)
			}
		})
	}
	group.Wait()
	if compared != 3 {
		t.Errorf("%d were compared at once, want the 3 that do not have to wait", compared)
	}
	if adm := d.admin("ada"); adm.Failures != 3 {
		t.Errorf("%d are counted, want 3", adm.Failures)
	}
}

func TestClockGivesNoGuess(t *testing.T) {
	for name, move := range map[string]func(n int, now time.Time) time.Time{
		"set forward by years":     func(_ int, now time.Time) time.Time { return now.AddDate(3, 0, 0) },
		"set back by years":        func(_ int, now time.Time) time.Time { return now.AddDate(-3, 0, 0) },
		"forward and back in turn": func(n int, now time.Time) time.Time { return now.AddDate(1-2*(n%2), 0, 0) },
		"set back, then let run": func(n int, now time.Time) time.Time {
			if n%20 == 0 {
				return now.Add(-time.Hour)
			}
			return now.Add(10 * time.Second)
		},
		"before the beginning": func(int, time.Time) time.Time { return time.Time{} },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			for n := range 120 {
				_, err := d.logIn("ada", wrong)
				if err == nil {
					t.Fatal("a wrong password logged in")
				}
				d.now = move(n, d.now)
			}
			if d.compared > admin.LockedAfter {
				t.Errorf("%d guesses were compared, want at most %d", d.compared, admin.LockedAfter)
			}
		})
	}
}

func TestClockThatWasSetBackMakesNobodyWaitForYears(t *testing.T) {
	d := newDesk(t)
	d.now = begin.AddDate(50, 0, 0) // the battery was empty
	for range 4 {
		_, err := d.logIn("ada", wrong)
		wantErr(t, "wrong password", err, admin.ErrWrong)
		d.now = d.now.Add(time.Second)
	}
	d.now = begin
	_, err := d.logIn("ada", password)
	want := begin.Add(2 * time.Second)
	if until := waits(err); !until.Equal(want) {
		t.Fatalf("with the clock right again: %v, want to wait until %v", err, want)
	}
	d.now = want
	if _, err := d.logIn("ada", password); err != nil {
		t.Errorf("after that wait: %v", err)
	}
}

// TestNobodyIsToldFromAnAdmin tries the same on an admin and on names of nobody; each answer must be the same.
func TestNobodyIsToldFromAnAdmin(t *testing.T) {
	script := func(userID string) (answers []string, compared int) {
		d := newDesk(t)
		d.addAdmin("bob", directory.Operator)
		d.addAdmin("eve", directory.Operator)
		d.addUser(directory.User{ID: "carol"})
		d.disable("eve")
		for range 40 {
			before := d.now
			_, err := d.logIn(userID, wrong)
			answers = append(answers, fmt.Sprint(err))
			if until := waits(err); !until.IsZero() && until.Before(before) {
				t.Errorf("%s waits until %v, which was before", userID, until)
			}
			d.now = d.now.Add(3 * time.Second)
		}
		return answers, d.compared
	}
	want, compared := script("bob")
	for _, name := range []string{"nobody", "carol", "eve", "", "no\x00name", "\xff", string(make([]byte, 9000))} {
		got, n := script(name)
		if !slices.Equal(got, want) || n != compared {
			t.Errorf("%.10q: %d compared, answers\n%q\nwant %d and those for an admin:\n%q", name, n, got, compared, want)
		}
	}
}

func TestDisabledAndTapOnlyAdminsHaveNoRightPassword(t *testing.T) {
	d := newDesk(t)
	d.addAdmin("eve", directory.Administrator)
	d.disable("eve")
	d.addUser(directory.User{ID: "tom"})
	d.must(func(a *admin.Admins) error { return a.Add(t.Context(), by, "tom", directory.Operator, "") })
	for _, test := range []struct{ userID, password string }{{"eve", password}, {"tom", ""}, {"tom", password}} {
		before := d.compared
		_, err := d.logIn(test.userID, test.password)
		wantErr(t, test.userID, err, admin.ErrWrong)
		if d.compared != before+1 {
			t.Errorf("%s: nothing was compared, so that it took less time", test.userID)
		}
	}
}

func TestFloodOfNamesIsBoundedAndLocksNobodyOut(t *testing.T) {
	d := newDesk(t)
	const names = 1500
	d.with(func(a *admin.Admins) {
		for n := range names {
			_, err := a.LogIn(t.Context(), fmt.Sprintf("name-%d", n), wrong)
			if err == nil {
				t.Fatal("a name of nobody logged in")
			}
		}
		err := a.Directory.Store.View(t.Context(), func(tx directory.Tx) error {
			g, err := tx.Guesses()
			if len(g.Slots) > admin.Slots || len(g.Slots) < admin.Slots/2 {
				t.Errorf("%d counts are kept after %d names, want at most %d", len(g.Slots), names, admin.Slots)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
	if n := d.count(audit.AdminLoginRefused); n > 2*admin.Slots {
		t.Errorf("%d entries on record, want at most two a count", n)
	}
	for _, e := range d.entries() {
		if e.Act == audit.AdminLoginRefused && (e.User != "" || len(e.Detail) != 2) {
			t.Fatalf("on record is %+v, want nothing of what was typed", e)
		}
	}
	if _, err := d.logIn("ada", password); err != nil {
		t.Errorf("the owner after the flood: %v", err)
	}
	d.now = d.now.Add(25 * time.Hour)
	_, err := d.logIn("name-1", wrong)
	wantErr(t, "a name a day later", err, admin.ErrWrong)
	d.with(func(a *admin.Admins) {
		err := a.Directory.Store.View(t.Context(), func(tx directory.Tx) error {
			g, err := tx.Guesses()
			if len(g.Slots) != 1 {
				t.Errorf("%d counts are kept a day later, want the one of now", len(g.Slots))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestPasswordChangedWhileTheOldOneIsComparedDoesNotLogIn(t *testing.T) {
	for name, meanwhile := range map[string]func(context.Context, *admin.Admins) error{
		"changed": func(ctx context.Context, a *admin.Admins) error {
			return a.SetPassword(ctx, by, "bob", "", "another one for Bob to type")
		},
		"removed": func(ctx context.Context, a *admin.Admins) error { return a.Remove(ctx, by, "bob") },
		"disabled": func(ctx context.Context, a *admin.Admins) error {
			_, err := a.Directory.SetUserDisabled(ctx, by, "bob", true)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.addAdmin("bob", directory.Administrator)
			a, end := d.admins()
			defer end()
			admin.Counted(a, func() { d.must(func(a *admin.Admins) error { return meanwhile(t.Context(), a) }) })
			_, err := a.LogIn(t.Context(), "bob", password)
			wantErr(t, "log in", err, admin.ErrWrong)
		})
	}
}

func TestCostlierHashIsMadeAtTheNextLogIn(t *testing.T) {
	d := newDesk(t)
	a, end := d.admins()
	defer end()
	a.Cost = admin.Cost{Memory: 16, Passes: 2, Threads: 1}
	if _, err := a.LogIn(t.Context(), "ada", password); err != nil {
		t.Fatal(err)
	}
	if got, want := d.admin("ada").Password[:30], "$argon2id$v=19$m=16,t=2,p=1$"; got[:len(want)] != want {
		t.Errorf("the password is kept as %s…, want %s…", got, want)
	}
	if _, err := d.logIn("ada", password); err != nil {
		t.Errorf("log in with the new hash: %v", err)
	}
}

func TestSessionIsRenewedFromTheStore(t *testing.T) {
	d := newDesk(t)
	d.addAdmin("bob", directory.Administrator)
	s, err := d.logIn("bob", password)
	if err != nil {
		t.Fatal(err)
	}
	d.must(func(a *admin.Admins) error { return a.SetRole(t.Context(), by, "bob", directory.Auditor) })
	d.with(func(a *admin.Admins) {
		renewed, err := a.Renew(t.Context(), s)
		if err != nil || renewed.May(directory.ManageUsers) || !renewed.May(directory.SeeActivities) {
			t.Errorf("after the role was changed: %+v, %v; want an auditor", renewed, err)
		}
	})
	d.disable("bob")
	d.with(func(a *admin.Admins) {
		_, err := a.Renew(t.Context(), s)
		wantErr(t, "the session of a disabled admin", err, admin.ErrNoAdmin)
	})
}
