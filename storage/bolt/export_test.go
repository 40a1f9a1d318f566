package bolt

// SetSizes makes the segments and blocks of the index small, in bits of an ordinal, so that few users fill many.
func (s *Store) SetSizes(segment, block uint, looseMost int) {
	s.sizes = sizes{segment, block, looseMost}
}
