package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"

	"tapstation/app/directory"
	"tapstation/storage/boltfile"
)

type importRecord struct {
	ID        string   `cbor:"1,keyasint"`
	Actor     string   `cbor:"2,keyasint,omitempty"`
	File      string   `cbor:"3,keyasint,omitempty"`
	Created   int      `cbor:"4,keyasint,omitempty"`
	Changed   int      `cbor:"5,keyasint,omitempty"`
	Unchanged int      `cbor:"6,keyasint,omitempty"`
	Undoing   bool     `cbor:"7,keyasint,omitempty"`
	Reason    string   `cbor:"8,keyasint,omitempty"`
	Removed   int      `cbor:"9,keyasint,omitempty"`
	Restored  int      `cbor:"10,keyasint,omitempty"`
	Kept      int      `cbor:"11,keyasint,omitempty"`
	KeptUsers []string `cbor:"12,keyasint,omitempty"`
	Started   instant  `cbor:"13,keyasint,omitempty"`
	Renewed   instant  `cbor:"14,keyasint,omitempty"`
}

func keepImport(i directory.Import) importRecord {
	return importRecord{i.ID, i.Actor, i.File, i.Created, i.Changed, i.Unchanged, i.Undoing, i.Reason, i.Removed, i.Restored,
		i.Kept, i.KeptUsers, instantOf(i.Started), instantOf(i.Renewed)}
}

func (r importRecord) imported() directory.Import {
	return directory.Import{ID: r.ID, Actor: r.Actor, File: r.File, Created: r.Created, Changed: r.Changed,
		Unchanged: r.Unchanged, Undoing: r.Undoing, Reason: r.Reason, Removed: r.Removed, Restored: r.Restored,
		Kept: r.Kept, KeptUsers: r.KeptUsers, Started: r.Started.Time(), Renewed: r.Renewed.Time()}
}

type stepRecord struct {
	UserID string      `cbor:"1,keyasint,omitempty"`
	Handle []byte      `cbor:"2,keyasint,omitempty"`
	Before *userRecord `cbor:"3,keyasint,omitempty"`
	After  *userRecord `cbor:"4,keyasint,omitempty"`
	Group  string      `cbor:"5,keyasint,omitempty"`
	Stamp  instant     `cbor:"6,keyasint,omitempty"`
}

func keepStep(s directory.ImportStep) stepRecord {
	return stepRecord{s.UserID, s.Handle, keepUserOf(s.Before), keepUserOf(s.After), s.Group, instantOf(s.Stamp)}
}

func (r stepRecord) step() directory.ImportStep {
	return directory.ImportStep{UserID: r.UserID, Handle: r.Handle, Before: r.Before.userOf(), After: r.After.userOf(),
		Group: r.Group, Stamp: r.Stamp.Time()}
}

func keepUserOf(u *directory.User) *userRecord {
	if u == nil {
		return nil
	}
	r := keepUser(*u)
	return &r
}

func (r *userRecord) userOf() *directory.User {
	if r == nil {
		return nil
	}
	u := r.user()
	return &u
}

func (t *tx) Import() (i directory.Import, err error) {
	defer t.guard(&err)
	r, err := record[importRecord](t, settings, importKey)
	return r.imported(), err
}

func (t *tx) PutImport(i directory.Import) (err error) {
	defer t.guard(&err)
	return keep(t, settings, importKey, keepImport(i))
}

func (t *tx) DeleteImport() (err error) {
	defer t.guard(&err)
	if err := t.delete(settings, importKey); err != nil {
		return err
	}
	// All pages at once: a million steps one by one would take as long as the import did.
	if err := t.b.DeleteBucket(importSteps); err != nil {
		return err
	}
	_, err = t.b.CreateBucket(importSteps)
	return err
}

func (t *tx) PutImportStep(s directory.ImportStep) (err error) {
	defer t.guard(&err)
	last := uint64(0)
	if b := t.bucket(importSteps); b != nil {
		if k, _ := b.Cursor().Last(); k != nil {
			if last, err = stepPlace(k); err != nil {
				return err
			}
		}
	}
	if err := keep(t, importSteps, seqKey(last+1), keepStep(s)); err != nil {
		return fmt.Errorf("keep step %d of the import: %w", last+1, err)
	}
	return nil
}

func stepPlace(k []byte) (uint64, error) {
	if len(k) != 8 {
		return 0, fmt.Errorf("%w: a step of an import has no place", directory.ErrDamaged)
	}
	return binary.BigEndian.Uint64(k), nil
}

func (t *tx) LastImportSteps(limit int) (steps []directory.ImportStep, err error) {
	defer t.guard(&err)
	for _, raw := range t.scanBack(importSteps, nil, nil) {
		if len(steps) >= limit {
			break
		}
		if err := t.alive(); err != nil {
			return nil, err
		}
		r, err := boltfile.Decode[stepRecord](raw)
		if err != nil {
			return nil, err
		}
		steps = append(steps, r.step())
	}
	return steps, nil
}

func (t *tx) DropImportSteps(n int) (err error) {
	defer t.guard(&err)
	var last [][]byte
	for place := range t.scanBack(importSteps, nil, nil) {
		if len(last) == n {
			break
		}
		last = append(last, append([]byte{}, place...))
	}
	var errs []error
	for _, place := range last {
		errs = append(errs, t.delete(importSteps, place))
	}
	return errors.Join(errs...)
}
