package storagetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"tapstation/app/directory"
)

func importIsKeptUntilItEnds(t *testing.T, s directory.Store) {
	i := directory.Import{ID: "1f", Actor: "os:ada", File: "people.csv", Created: 1, Changed: 2, Unchanged: 3, Undoing: true,
		Reason: "cancelled", Removed: 4, Restored: 5, Kept: 6, KeptUsers: []string{"a", "b"}, Started: base, Renewed: base.Add(time.Second)}
	none := func(tx directory.Tx) error {
		_, err := tx.Import()
		wantErr(t, "Import", err, directory.ErrNotFound)
		steps, err := tx.LastImportSteps(10)
		if len(steps) != 0 {
			t.Errorf("there are steps %+v, want none", steps)
		}
		return err
	}
	view(t, s, none)
	update(t, s, func(tx directory.Tx) error {
		return errors.Join(tx.PutImport(directory.Import{ID: "0"}), tx.PutImport(i), tx.PutImportStep(step(1)))
	})
	view(t, s, func(tx directory.Tx) error {
		got, err := tx.Import()
		equal(t, "import", got, i)
		return err
	})
	update(t, s, func(tx directory.Tx) error { return tx.DeleteImport() })
	view(t, s, none)
	update(t, s, func(tx directory.Tx) error { return tx.DeleteImport() }) // none is no error
	// What another one did is not among the steps of the next.
	update(t, s, func(tx directory.Tx) error { return errors.Join(tx.PutImport(i), tx.PutImportStep(step(2))) })
	wantSteps(t, s, 10, 2)
}

func importStepsAreTakenBackFromTheLast(t *testing.T, s directory.Store) {
	for n := range 30 {
		update(t, s, func(tx directory.Tx) error {
			return errors.Join(tx.PutImportStep(step(10*n)), tx.PutImportStep(step(10*n+1)))
		})
	}
	wantSteps(t, s, 3, 291, 290, 281)
	update(t, s, func(tx directory.Tx) error {
		if err := tx.DropImportSteps(2); err != nil {
			return err
		}
		steps, err := tx.LastImportSteps(1)
		if len(steps) != 1 || steps[0].UserID != step(281).UserID {
			t.Errorf("after two are dropped the last step is %+v, want %q", steps, step(281).UserID)
		}
		return err
	})
	update(t, s, func(tx directory.Tx) error { return tx.PutImportStep(step(7)) })
	wantSteps(t, s, 3, 7, 281, 280)
	update(t, s, func(tx directory.Tx) error { return tx.DropImportSteps(1000) })
	wantSteps(t, s, 3)
}

// step is a step of every kind.
func step(n int) directory.ImportStep {
	s := directory.ImportStep{UserID: fmt.Sprint("u", n), Handle: []byte{1, byte(n)}, Stamp: base.Add(time.Duration(n) * time.Hour)}
	if n%2 == 1 {
		before, after := user(n), user(n+1)
		s.Before, s.After = &before, &after
	}
	if n%3 == 1 {
		s.Group = fmt.Sprint("group", n)
	}
	return s
}

func wantSteps(t *testing.T, s directory.Store, limit int, want ...int) {
	t.Helper()
	view(t, s, func(tx directory.Tx) error {
		got, err := tx.LastImportSteps(limit)
		if err != nil {
			return err
		}
		if len(got) != len(want) {
			t.Fatalf("there are %d last steps, want %d", len(got), len(want))
		}
		for i, n := range want {
			equal(t, "step", got[i], step(n))
		}
		return nil
	})
}
