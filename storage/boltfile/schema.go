package boltfile

import (
	"encoding/binary"
	"fmt"

	"go.etcd.io/bbolt"

	"tapstation/app/directory"
)

// Schema is what a file holds.
type Schema struct {
	// Format is what the file is, so that one kind is never taken for another.
	Format string
	// Buckets are worked through in this order when a file is brought up to date.
	Buckets []Bucket
}

// Bucket is one bucket and its history.
type Bucket struct {
	Name string
	// Steps bring it up to date: Steps[0] takes it from version 1 to version 2, and so on. Its present version is
	// one more than there are steps.
	Steps []func(tx *bbolt.Tx, b *bbolt.Bucket) error
	// Fill, when not nil, puts into a bucket just made what follows from others, for files that are older than it.
	Fill func(tx *bbolt.Tx, b *bbolt.Bucket) error
}

func (b Bucket) version() uint64 { return uint64(len(b.Steps)) + 1 }

var (
	schemaBucket = []byte("schema")  // bucket name: version, unsigned varint
	formatKey    = []byte("\x00fmt") // in schemaBucket; no bucket has such a name
)

type schemaState int

const (
	schemaNone    schemaState = iota // nothing was ever written
	schemaOlder                      // something has to be brought up to date
	schemaCurrent                    // as this program wants it
)

// state tells where a file stands. It fails with directory.ErrNewer and directory.ErrDamaged.
func (s Schema) state(tx *bbolt.Tx) (schemaState, error) {
	kept := tx.Bucket(schemaBucket)
	if kept == nil {
		if k, _ := tx.Cursor().First(); k != nil {
			return 0, fmt.Errorf("%w: this is not a file of this program", directory.ErrDamaged)
		}
		return schemaNone, nil
	}
	if format := string(kept.Get(formatKey)); format != s.Format {
		return 0, fmt.Errorf("%w: this is a file for %q, not for %q", directory.ErrDamaged, format, s.Format)
	}
	known := 0
	state := schemaCurrent
	for _, b := range s.Buckets {
		v, err := versionOf(kept, b.Name)
		switch {
		case err != nil:
			return 0, err
		case v > b.version():
			return 0, fmt.Errorf("%w: version %d of %q, this program knows %d", directory.ErrNewer, v, b.Name, b.version())
		case v < b.version():
			state = schemaOlder
		}
		if v > 0 {
			known++
			if tx.Bucket([]byte(b.Name)) == nil {
				return 0, fmt.Errorf("%w: %q is missing", directory.ErrDamaged, b.Name)
			}
		}
	}
	if n := entries(kept) - 1; n > known {
		return 0, fmt.Errorf("%w: it holds %d kinds of records that this program does not know", directory.ErrNewer, n-known)
	}
	return state, nil
}

// apply brings a file up to date and tells whether there was anything to do.
func (s Schema) apply(tx *bbolt.Tx) (changed bool, err error) {
	switch state, err := s.state(tx); {
	case err != nil:
		return false, err
	case state == schemaCurrent:
		return false, nil
	}
	kept, err := tx.CreateBucketIfNotExists(schemaBucket)
	if err != nil {
		return false, err
	}
	if err := kept.Put(formatKey, []byte(s.Format)); err != nil {
		return false, err
	}
	for _, b := range s.Buckets {
		if err := b.apply(tx, kept); err != nil {
			return false, fmt.Errorf("bring %q up to date: %w", b.Name, err)
		}
	}
	return true, nil
}

func (b Bucket) apply(tx *bbolt.Tx, kept *bbolt.Bucket) error {
	version, err := versionOf(kept, b.Name)
	if err != nil {
		return err
	}
	if version == 0 {
		bucket, err := tx.CreateBucket([]byte(b.Name))
		if err != nil {
			return err
		}
		if b.Fill != nil {
			if err := b.Fill(tx, bucket); err != nil {
				return err
			}
		}
	}
	for v := max(version, 1); version > 0 && v < b.version(); v++ {
		if err := b.Steps[v-1](tx, tx.Bucket([]byte(b.Name))); err != nil {
			return fmt.Errorf("from version %d: %w", v, err)
		}
	}
	return kept.Put([]byte(b.Name), binary.AppendUvarint(nil, b.version()))
}

// versionOf is the version a bucket has in a file; 0: it has none such.
func versionOf(kept *bbolt.Bucket, name string) (uint64, error) {
	raw := kept.Get([]byte(name))
	if raw == nil {
		return 0, nil
	}
	v, n := binary.Uvarint(raw)
	if n != len(raw) || v == 0 {
		return 0, fmt.Errorf("%w: the version of %q makes no sense", directory.ErrDamaged, name)
	}
	return v, nil
}

func entries(b *bbolt.Bucket) int {
	n := 0
	c := b.Cursor()
	for k, _ := c.First(); k != nil; k, _ = c.Next() {
		n++
	}
	return n
}
