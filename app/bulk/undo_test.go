package bulk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/storage/bolt"
	"tapstation/storage/claim"
)

// state is everything an import may have touched, to the last bit.
type state struct {
	Users  []directory.User
	Groups []directory.Group
}

func (o *office) state() state {
	o.t.Helper()
	var s state
	err := o.dir.Store.View(context.Background(), func(tx directory.Tx) error {
		s = state{}
		q := directory.UserQuery{Limit: 1000}
		for {
			page, err := tx.Users(q)
			if err != nil {
				return err
			}
			s.Users = append(s.Users, page.Users...)
			if q.After = page.Next; q.After == "" {
				break
			}
		}
		var err error
		s.Groups, err = tx.Groups()
		return err
	})
	if err != nil {
		o.t.Fatalf("look at the directory: %v", err)
	}
	return s
}

// unchanged fails when anything differs from before.
func (o *office) unchanged(before state) {
	o.t.Helper()
	if diff := cmp.Diff(before, o.state()); diff != "" {
		o.t.Errorf("what was there before the import is not what is there now (-before +now):\n%.3000s", diff)
	}
}

const batches = 4

// mixed is a file of several batches that makes users and changes those that populate made.
func mixed() string {
	return many(batches*directory.ImportBatch - 10)
}

func (o *office) populate() {
	o.t.Helper()
	for i := range 12 {
		o.add(directory.User{ID: fmt.Sprintf("U%07d", i*157), UserName: "here before", FirstName: "Old", Email: "old@example.org", Groups: []string{"Old", "Staff"}})
	}
}

func TestCancelledImportLeavesNothing(t *testing.T) {
	for after := range batches {
		t.Run(fmt.Sprint("after batch ", after), func(t *testing.T) {
			o := newOffice(t)
			o.populate()
			before := o.state()
			file := text(mixed())
			p := o.plan(file, Options{})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if after == 0 {
				cancel()
			}
			n, undoing := 0, 0
			_, err := o.im.Apply(ctx, by, file, Options{}, p, func(pr Progress) {
				if pr.Undoing {
					undoing++
				} else if n++; n == after {
					cancel()
				}
			})
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("Apply: %v, want context.Canceled", err)
			}
			o.unchanged(before)
			o.idle()
			acts := o.acts()
			var undone *UndoneError
			if after == 0 {
				if errors.As(err, &undone) || acts[audit.ImportBegun] != 0 {
					t.Errorf("cancelled before it began: %v, on record %v, want nothing to take back", err, acts)
				}
				return
			}
			if !errors.As(err, &undone) || undone.Undo != nil || undone.Import.Kept != 0 || undone.Import.Reason != directory.ImportCancelled {
				t.Errorf("Apply: %v, %+v, want all taken back", err, undone)
			}
			if acts[audit.ImportUndone] != 1 || acts[audit.UsersImported] != 0 || acts[audit.UserDeleted] != acts[audit.UserAdded]-12 || undoing == 0 {
				t.Errorf("on record are %v, and %d steps back were told, want that it was undone", acts, undoing)
			}
			// The next one goes as if nothing had been.
			if res := o.apply(file, Options{}); res != (Result{Created: p.Created, Changed: p.Changed}) {
				t.Errorf("the next import: %+v, want what was planned", res)
			}
		})
	}
}

// failingStore fails some of the changes it is asked for.
type failingStore struct {
	directory.Store
	updates    int
	from, till int // fails these, counted from 1
	err        error
}

func (s *failingStore) Update(ctx context.Context, do func(directory.Tx) error) error {
	s.updates++
	if s.updates >= s.from && s.updates < s.till {
		return errors.Join(s.Store.View(ctx, func(directory.Tx) error { return nil }), s.err)
	}
	return s.Store.Update(ctx, do)
}

var errDisk = errors.New("no space left on device")

func TestFailedImportLeavesNothing(t *testing.T) {
	for n := 1; n <= batches; n++ {
		o := newOffice(t)
		o.populate()
		before := o.state()
		file := text(mixed())
		p := o.plan(file, Options{})
		o.dir.Store = &failingStore{Store: o.dir.Store, from: n, till: n + 1, err: errDisk}
		_, err := o.im.Apply(t.Context(), by, file, Options{}, p, nil)
		if !errors.Is(err, errDisk) {
			t.Fatalf("change %d fails: %v, want %v", n, err, errDisk)
		}
		o.unchanged(before)
		o.idle()
	}
}

func TestWhatCannotBeTakenBackAtOnceIsAtTheNextStart(t *testing.T) {
	o := newOffice(t)
	o.populate()
	before := o.state()
	file := text(mixed())
	p := o.plan(file, Options{})
	store := o.dir.Store
	o.dir.Store = &failingStore{Store: store, from: 3, till: 1000, err: errDisk}
	_, err := o.im.Apply(t.Context(), by, file, Options{}, p, nil)
	var undone *UndoneError
	if !errors.As(err, &undone) || !errors.Is(undone.Undo, errDisk) || !errors.Is(err, errDisk) {
		t.Fatalf("Apply: %v, want that it is not all taken back yet", err)
	}
	o.dir.Store = store
	o.im.Claim = func() (func() error, error) { return func() error { return nil }, nil } // nobody else has it
	for range 2 {
		if err := o.im.Recover(t.Context(), nil); err != nil {
			t.Fatalf("Recover: %v", err)
		}
		o.unchanged(before)
		o.idle()
	}
	if acts := o.acts(); acts[audit.ImportUndone] != 1 {
		t.Errorf("on record are %v, want one import undone", acts)
	}
}

func TestBusyDataFolderIsWaitedFor(t *testing.T) {
	o := newOffice(t)
	file := text(mixed())
	p := o.plan(file, Options{})
	o.dir.Store = &failingStore{Store: o.dir.Store, from: 2, till: 5, err: directory.ErrBusy}
	if res, err := o.im.Apply(t.Context(), by, file, Options{}, p, nil); err != nil || res.Created != p.Created {
		t.Errorf("Apply: %+v, %v, want all of it after some waiting", res, err)
	}
}

func TestFileThatChangesWhileItIsReadIsTakenBack(t *testing.T) {
	for _, end := range []string{"late,Late,,\n", "late,\"Late,,\n", "late,Late,not an address,\n", ""} {
		o := newOffice(t)
		before := o.state()
		planned := mixed() + "last,Last,,\n"
		p := o.plan(text(planned), Options{})
		opened := 0
		f := text(planned)
		f.Open = func() (io.ReadCloser, error) {
			if opened++; opened > 1 { // the first look is whether it is still the same
				return io.NopCloser(strings.NewReader(mixed() + end)), nil
			}
			return io.NopCloser(strings.NewReader(planned)), nil
		}
		_, err := o.im.Apply(t.Context(), by, f, Options{}, p, nil)
		var refused *RefusedError
		if !errors.Is(err, ErrChanged) && !errors.As(err, &refused) {
			t.Errorf("it ends with %q now: %v, want ErrChanged", end, err)
		}
		o.unchanged(before)
		o.idle()
	}
}

// TestWhatSomebodyDidMeanwhileIsNotLost: users of an import that is taken back whom others have worked with.
func TestWhatSomebodyDidMeanwhileIsNotLost(t *testing.T) {
	o := newOffice(t)
	o.populate()
	file := text(mixed())
	p := o.plan(file, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	must := func(errs ...error) {
		t.Helper()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
	}
	user := func(id string) directory.User {
		t.Helper()
		u, _, err := o.dir.User(t.Context(), id)
		must(err)
		return u
	}
	edit := func(id string, change func(*directory.User)) {
		t.Helper()
		u := user(id)
		change(&u)
		_, err := o.dir.UpdateUser(t.Context(), by, u)
		must(err)
	}
	meanwhile := func() {
		edit("u0000001", func(u *directory.User) { u.LastName = "Edited" })
		must(o.dir.Store.Update(t.Context(), func(tx directory.Tx) error {
			return errors.Join(
				tx.PutKey(directory.SecurityKey{ID: "k", UserID: "u0000002", State: directory.Active, Created: time.Now()}),
				tx.PutAdmin(directory.Admin{UserID: "u0000003", Role: directory.Operator}),
				tx.PutEnrollment(directory.Enrollment{UserID: "u0000004", Started: time.Now()}),
				// Deleted, and another person of that name.
				tx.DeleteUser("u0000005"), tx.PutUser(directory.User{ID: "u0000005", Handle: []byte("another")}),
				tx.DeleteUser("u0000006"),
			)
		}))
		// Users that were there before and that the import changed.
		edit("U0000000", func(u *directory.User) { u.Email, u.Groups = "new@example.org", append(u.Groups, "New") })
		edit("U0000157", func(u *directory.User) {
			u.FirstName, u.Email, u.Groups = "Old", "old@example.org", []string{"Old", "Staff"}
		})
		must(o.dir.Store.Update(t.Context(), func(tx directory.Tx) error {
			g, err := tx.Group("Floor 3")
			g.Description = "The third floor"
			return errors.Join(err, tx.PutGroup(g), tx.DeleteGroup("Floor 4"))
		}))
		o.add(directory.User{ID: "guest", Groups: []string{"Floor 6"}})
	}
	n := 0
	_, err := o.im.Apply(ctx, by, file, Options{}, p, func(pr Progress) {
		if n++; n == 2 && !pr.Undoing {
			meanwhile()
			cancel()
		}
	})
	var undone *UndoneError
	if !errors.As(err, &undone) || undone.Undo != nil {
		t.Fatalf("Apply: %v, want it taken back", err)
	}
	want := []string{"U0000157", "u0000001", "u0000002", "u0000003", "u0000004"}
	if got := slices.Sorted(slices.Values(undone.Import.KeptUsers)); undone.Import.Kept != 5 || !slices.Equal(got, want) {
		t.Errorf("kept are %d users, %q, want the four made by the import with whom something was done, and one changed back already: %q",
			undone.Import.Kept, got, want)
	}
	if u := user("u0000001"); u.LastName != "Edited" {
		t.Errorf("the edited user is %+v, want them kept", u)
	}
	for _, id := range []string{"u0000002", "u0000003", "u0000004"} {
		user(id)
	}
	if u := user("u0000005"); string(u.Handle) != "another" {
		t.Errorf("the other person of that name is %+v, want them left alone", u)
	}
	for _, id := range []string{"u0000006", "u0000007"} {
		if _, _, err := o.dir.User(t.Context(), id); !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("user %s is there, %v, want them gone", id, err)
		}
	}
	got := user("u0000000")
	if got.FirstName != "Old" || got.Email != "new@example.org" || strings.Join(got.Groups, ";") != "New;Old;Staff" {
		t.Errorf("a user who was changed and then edited is %+v, want what was edited kept and the rest put back", got)
	}
	if got := strings.Join(o.groups(), ";"); got != "Floor 1;Floor 2;Floor 3;Floor 6;New;Old;Staff" {
		t.Errorf("groups are %q, want those with members or a description, and none besides", got)
	}
	o.idle()
}

func claimOf(folder string) func() (func() error, error) {
	return func() (func() error, error) { return claim.Take(folder, "import") }
}

func TestOnlyOneImportAtATime(t *testing.T) {
	for _, claimed := range []bool{true, false} {
		o := newOffice(t)
		if claimed {
			o.im.Claim = claimOf(t.TempDir())
		}
		file := text(mixed())
		p := o.plan(file, Options{})
		other := *o.im
		tried := false
		res, err := o.im.Apply(t.Context(), by, file, Options{}, p, func(Progress) {
			if tried {
				return
			}
			tried = true
			var importing *directory.ImportingError
			_, err := other.Apply(t.Context(), "os:grace", file, Options{}, p, nil)
			if !errors.As(err, &importing) || importing.Import.Actor != by || importing.Import.File != "people.csv" || importing.Import.Started.IsZero() {
				t.Errorf("claimed %v: a second import: %v, want whose the first is", claimed, err)
			}
			if claimed && importing != nil && importing.Held == nil {
				t.Error("the process that holds the claim is not told")
			}
			if err := other.Recover(t.Context(), nil); err != nil {
				t.Errorf("claimed %v: Recover beside a running import: %v", claimed, err)
			}
		})
		if err != nil || res.Created != p.Created {
			t.Errorf("claimed %v: the first import: %+v, %v, want all of it", claimed, res, err)
		}
	}
}

// TestImportThatStandsStillIsTakenBack: without a claim, time tells that an import was abandoned; should its process come
// back to life it must not go on.
func TestImportThatStandsStillIsTakenBack(t *testing.T) {
	o := newOffice(t)
	before := o.state()
	file := text(mixed())
	p := o.plan(file, Options{})
	later := &Import{Directory: o.dir, Now: func() time.Time { return time.Now().Add(lease + time.Second) }}
	n := 0
	_, err := o.im.Apply(t.Context(), by, file, Options{}, p, func(Progress) {
		if n++; n == 2 {
			if err := later.Recover(t.Context(), nil); err != nil {
				t.Errorf("Recover: %v", err)
			}
			o.unchanged(before)
		}
	})
	if !errors.Is(err, directory.ErrImportLost) {
		t.Errorf("the import goes on with %v, want ErrImportLost", err)
	}
	o.unchanged(before)
	o.idle()
}

func TestRecoverDoesNothingWhereThereIsNothing(t *testing.T) {
	folder := t.TempDir()
	store := bolt.New(filepath.Join(folder, bolt.Name))
	im := &Import{Directory: &directory.Directory{Store: store}, Claim: func() (func() error, error) {
		t.Error("the data folder is claimed for nothing")
		return nil, errDisk
	}}
	if err := im.Recover(t.Context(), nil); err != nil {
		t.Errorf("Recover without a directory: %v", err)
	}
	if there, err := store.Exists(t.Context()); err != nil || there {
		t.Errorf("a directory is there, %v: Recover must not make one", err)
	}
	if _, err := im.Directory.AddUser(t.Context(), by, directory.User{ID: "ada"}); err != nil {
		t.Fatal(err)
	}
	if err := im.Recover(t.Context(), nil); err != nil {
		t.Errorf("Recover without an import: %v", err)
	}
}
