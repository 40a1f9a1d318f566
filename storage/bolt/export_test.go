package bolt

// SetGatherMost makes a word common that more than n users have.
func (s *Store) SetGatherMost(n int) { s.gatherMost = n }
