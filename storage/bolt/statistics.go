package bolt

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tapstation/app/directory"
)

// Keys in counts:
//
//	k state NUL verification NUL kind NUL temporary   keys of this kind; temporary is 1 where the PIN is
//	a QUARTER                                          keys activated in that quarter of an hour
//
// QUARTER is the number of quarters since year 1, 8 bytes big-endian. A day begins with a quarter in every time zone.
// The values are unsigned varints, and never 0.
const quarter = 15 * time.Minute

func keyCount(k directory.SecurityKey) string {
	temporary := "0"
	if k.TemporaryPIN {
		temporary = "1"
	}
	return strings.Join([]string{"k" + string(k.State), string(k.Verification), string(k.Kind), temporary}, "\x00")
}

func quarterCount(at time.Time) string {
	return string(binary.BigEndian.AppendUint64([]byte("a"), quarterOf(at)))
}

// quarterOf is the number of the quarter that at is in. Times before year 1 are in the first.
func quarterOf(at time.Time) uint64 {
	seconds := at.Unix() - time.Time{}.Unix()
	return uint64(max(seconds, 0)) / uint64(quarter/time.Second)
}

// countKey counts a key in (1) or out (-1).
func (t *tx) countKey(k directory.SecurityKey, by int) {
	t.addCount(keyCount(k), by)
	if !k.Activated.IsZero() {
		t.addCount(quarterCount(k.Activated), by)
	}
}

func (t *tx) addCount(key string, by int) { setIn(&t.index.counts, key, t.index.counts[key]+by) }

// flushCounts writes what was counted.
func (t *tx) flushCounts() error {
	for _, key := range slices.Sorted(maps.Keys(t.index.counts)) {
		by := t.index.counts[key]
		if by == 0 {
			continue
		}
		n, err := t.counted([]byte(key))
		if err != nil {
			return err
		}
		switch n += by; {
		case n < 0:
			return fmt.Errorf("%w: fewer than none are counted", directory.ErrDamaged)
		case n == 0:
			err = t.delete(counts, []byte(key))
		default:
			err = t.put(counts, []byte(key), binary.AppendUvarint(nil, uint64(n)))
		}
		if err != nil {
			return err
		}
	}
	clear(t.index.counts)
	return nil
}

func (t *tx) counted(key []byte) (int, error) {
	raw := t.get(counts, key)
	if raw == nil {
		return 0, nil
	}
	return parseCount(raw)
}

func parseCount(raw []byte) (int, error) {
	n, size := binary.Uvarint(raw)
	if size != len(raw) || n == 0 || n > 1<<40 {
		return 0, fmt.Errorf("%w: a count makes no sense", directory.ErrDamaged)
	}
	return int(n), nil
}

// Statistics adds up what is counted already; only those pending for long are walked along.
func (t *tx) Statistics(q directory.StatisticsQuery) (s directory.Statistics, err error) {
	defer t.guard(&err)
	s = directory.Statistics{Keys: map[directory.KeyState]int{}, Verification: map[directory.Verification]int{},
		Kinds: map[directory.Kind]int{}, Activations: make([]int, max(len(q.Days)-1, 0))}
	if err := t.flush(); err != nil {
		return s, err
	}
	for range t.scan(groups, nil, nil) {
		s.Groups++
	}
	if err := t.userStatistics(&s); err != nil {
		return s, err
	}
	if err := t.keyStatistics(&s); err != nil {
		return s, err
	}
	for place := range t.scan(keyIndex, stateKey(directory.Pending), nil) {
		if err := t.alive(); err != nil {
			return s, err
		}
		if string(place) >= string(timeKey(0, q.PendingBefore)[1:]) {
			break
		}
		s.PendingLong++
	}
	for i := range s.Activations {
		if s.Activations[i], err = t.activations(q.Days[i], q.Days[i+1]); err != nil {
			return s, err
		}
	}
	return s, nil
}

func (t *tx) userStatistics(s *directory.Statistics) error {
	next, err := t.nextOrdinal()
	if err != nil || next == 0 {
		return err
	}
	last, _ := t.sizes.blockOf(next - 1)
	for n := range last + 1 {
		block, err := t.flagBlock(n)
		if err != nil {
			return err
		}
		s.Users += block[isUser].count()
		block[isDisabled].and(block[isUser])
		s.DisabledUsers += block[isDisabled].count()
		block[hasActive].and(block[isUser])
		s.ActiveUsers += block[hasActive].count()
	}
	return nil
}

func (t *tx) keyStatistics(s *directory.Statistics) error {
	for key, raw := range t.scan(counts, []byte("k"), nil) {
		n, err := parseCount(raw)
		if err != nil {
			return err
		}
		parts := strings.Split(string(key), "\x00")
		if len(parts) != 4 {
			return fmt.Errorf("%w: it is counted what no key is", directory.ErrDamaged)
		}
		s.Keys[directory.KeyState(parts[0])] += n
		if directory.KeyState(parts[0]) != directory.Active {
			continue
		}
		s.Verification[directory.Verification(parts[1])] += n
		s.Kinds[directory.Kind(parts[2])] += n
		if parts[3] == "1" {
			s.TemporaryPINs += n
		}
	}
	return nil
}

// activations counts the keys activated from one time on and before another.
func (t *tx) activations(from, before time.Time) (n int, err error) {
	if from.Truncate(quarter).Equal(from) && before.Truncate(quarter).Equal(before) {
		first := []byte(quarterCount(from))[1:]
		last := quarterCount(before)[1:]
		for rest, raw := range t.scanFrom(counts, []byte("a"), first) {
			if string(rest) >= last {
				break
			}
			count, err := parseCount(raw)
			if err != nil {
				return n, err
			}
			n += count
		}
		return n, nil
	}
	end := string(timeKey('a', before)[1:])
	for rest := range t.scanFrom(keyIndex, []byte("a"), timeKey('a', from)[1:]) {
		if err := t.alive(); err != nil {
			return n, err
		}
		if string(rest) >= end {
			break
		}
		n++
	}
	return n, nil
}
