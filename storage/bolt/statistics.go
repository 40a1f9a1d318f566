package bolt

import (
	"sort"

	"tapstation/app/directory"
	"tapstation/storage/boltfile"
)

// Statistics counts.
func (t *tx) Statistics(q directory.StatisticsQuery) (s directory.Statistics, err error) {
	defer t.guard(&err)
	s = directory.Statistics{Keys: map[directory.KeyState]int{}, Verification: map[directory.Verification]int{},
		Kinds: map[directory.Kind]int{}, Activations: make([]int, max(len(q.Days)-1, 0))}
	for range t.scan(groups, nil, nil) {
		s.Groups++
	}
	for _, raw := range t.scan(users, nil, nil) {
		if err := t.alive(); err != nil {
			return s, err
		}
		r, err := boltfile.Decode[userRecord](raw)
		if err != nil {
			return s, err
		}
		s.Users++
		if r.Disabled {
			s.DisabledUsers++
		}
	}
	active := map[string]bool{}
	for _, raw := range t.scan(keys, nil, nil) {
		if err := t.alive(); err != nil {
			return s, err
		}
		r, err := boltfile.Decode[keyRecord](raw)
		if err != nil {
			return s, err
		}
		k := r.key()
		s.Keys[k.State]++
		if day := sort.Search(len(q.Days), func(i int) bool { return q.Days[i].After(k.Activated) }); day > 0 && day < len(q.Days) {
			s.Activations[day-1]++
		}
		switch {
		case k.State == directory.Pending && k.Created.Before(q.PendingBefore):
			s.PendingLong++
		case k.State == directory.Active:
			active[directory.Fold(k.UserID)] = true
			s.Verification[k.Verification]++
			s.Kinds[k.Kind]++
			if k.TemporaryPIN {
				s.TemporaryPINs++
			}
		}
	}
	s.ActiveUsers = len(active)
	return s, nil
}
