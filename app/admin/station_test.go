package admin_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tapstation/app/admin"
	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/storage/bolt"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// cheap is the least a hash can cost, for tests.
var cheap = admin.Cost{Memory: 8, Passes: 1, Threads: 1}

const (
	by       = "os:test"
	password = "blue whale over Lisbon"
	wrong    = "a guess that is long enough"
)

// begin is the clock of a new desk.
var begin = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// desk is a data folder with an owner, ada, and a clock that stands until it is moved.
type desk struct {
	t        testing.TB
	path     string
	now      time.Time
	compared int
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	d := &desk{t: t, path: filepath.Join(t.TempDir(), bolt.Name), now: begin}
	d.with(func(a *admin.Admins) {
		w := directory.DefaultWorkspace()
		w.Name = "Example GmbH"
		s, err := a.FirstStart(t.Context(), admin.FirstStart{Workspace: w, Owner: directory.User{ID: "ada", FirstName: "Ada"}, Password: password})
		if err != nil {
			t.Fatal(err)
		}
		if s.Actor() != "admin:ada" || s.Name != "Ada" || s.Role != directory.Owner {
			t.Fatalf("the first start logged in %+v, want the owner", s)
		}
	})
	t.Cleanup(func() {
		store := bolt.New(d.path)
		if err := errors.Join(store.Check(context.Background()), store.Close()); err != nil {
			t.Errorf("the store after the test: %v", err)
		}
	})
	return d
}

// admins is a program of its own on the data folder.
func (d *desk) admins() (*admin.Admins, func()) {
	store := bolt.New(d.path)
	a := &admin.Admins{Directory: &directory.Directory{Store: store}, Cost: cheap, Now: func() time.Time { return d.now }}
	a.Directory.Now = a.Now
	admin.Counted(a, func() { d.compared++ })
	return a, func() {
		if err := store.Close(); err != nil {
			d.t.Error(err)
		}
	}
}

// with runs do in a program that has just started, and ends it.
func (d *desk) with(do func(*admin.Admins)) {
	d.t.Helper()
	a, end := d.admins()
	defer end()
	do(a)
}

// logIn is one attempt in a program that has just started.
func (d *desk) logIn(userID, password string) (s admin.Session, err error) {
	d.t.Helper()
	d.with(func(a *admin.Admins) { s, err = a.LogIn(d.t.Context(), userID, password) })
	return s, err
}

// must fails the test when an act of the command line fails.
func (d *desk) must(do func(*admin.Admins) error) {
	d.t.Helper()
	d.with(func(a *admin.Admins) {
		if err := do(a); err != nil {
			d.t.Fatal(err)
		}
	})
}

func (d *desk) addUser(u directory.User) {
	d.t.Helper()
	d.must(func(a *admin.Admins) error {
		_, err := a.Directory.AddUser(d.t.Context(), by, u)
		return err
	})
}

// addAdmin makes a new user an admin with the password of all.
func (d *desk) addAdmin(id string, role directory.Role) {
	d.t.Helper()
	d.addUser(directory.User{ID: id})
	d.must(func(a *admin.Admins) error { return a.Add(d.t.Context(), by, id, role, password) })
}

func (d *desk) disable(id string) {
	d.t.Helper()
	d.must(func(a *admin.Admins) error {
		_, err := a.Directory.SetUserDisabled(d.t.Context(), by, id, true)
		return err
	})
}

// admin is what the store knows of an admin.
func (d *desk) admin(id string) (adm directory.Admin) {
	d.t.Helper()
	d.with(func(a *admin.Admins) {
		err := a.Directory.Store.View(d.t.Context(), func(tx directory.Tx) (err error) {
			adm, err = tx.Admin(id)
			return err
		})
		if err != nil {
			d.t.Fatalf("admin %s: %v", id, err)
		}
	})
	return adm
}

// acts are the acts on record about a user, or about nobody.
func (d *desk) acts(userID string) (acts []audit.Act) {
	d.t.Helper()
	for _, e := range d.entries() {
		if e.User == userID {
			acts = append(acts, e.Act)
		}
	}
	return acts
}

func (d *desk) entries() (entries []audit.Entry) {
	d.t.Helper()
	d.must(func(a *admin.Admins) (err error) {
		entries, err = a.Directory.Audit(d.t.Context(), by, directory.AuditQuery{Limit: 10_000})
		return err
	})
	return entries
}

func (d *desk) count(act audit.Act) (n int) {
	d.t.Helper()
	for _, e := range d.entries() {
		if e.Act == act {
			n++
		}
	}
	return n
}

// wantErr fails when err is not target; nil wants none.
func wantErr(t testing.TB, what string, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Errorf("%s: %v, want %v", what, err, target)
	}
}

// waits is until when err says to wait; the zero time where it says something else.
func waits(err error) time.Time {
	var wait *admin.WaitError
	if errors.As(err, &wait) {
		return wait.Until
	}
	return time.Time{}
}
