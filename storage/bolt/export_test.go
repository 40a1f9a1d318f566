package bolt

import "go.etcd.io/bbolt"

// SetSizes makes the segments and blocks of the index small, in bits of an ordinal, so that few users fill many, and the
// pages of the roll of keys short.
func (s *Store) SetSizes(segment, block uint, looseMost, rollMost int) {
	s.sizes = sizes{segment, block, looseMost, rollMost}
}

// InLastStep has the last step of a migration do something more.
func InLastStep(do func()) {
	last := &schema.Buckets[len(schema.Buckets)-1]
	fill := last.Fill
	last.Fill = func(tx *bbolt.Tx, b *bbolt.Bucket) error {
		do()
		if fill == nil {
			return nil
		}
		return fill(tx, b)
	}
}
