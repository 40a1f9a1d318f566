package pcsc

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/ebfe/scard"

	"tapstation/device"
)

const (
	empty   = scard.StateEmpty
	present = scard.StatePresent
	mute    = scard.StatePresent | scard.StateMute
	held    = scard.StateExclusive
)

// count puts the number of insertions and removals into a state.
func count(n int, s scard.StateFlag) scard.StateFlag { return scard.StateFlag(n)<<16 | s }

func TestReaderStatesBecomeEvents(t *testing.T) {
	type seen struct {
		state scard.StateFlag
		atr   string
	}
	const r = "R"
	inserted := func(atr string) device.Event {
		e := device.Event{Kind: device.CardInserted, Reader: r}
		if atr != "" {
			e.ATR = []byte(atr)
		}
		return e
	}
	removed := device.Event{Kind: device.CardRemoved, Reader: r}
	for _, tt := range []struct {
		name string
		seen []seen
		want []device.Event
	}{
		{"empty", []seen{{empty, ""}, {count(2, empty), ""}}, nil},
		{"inserted and removed", []seen{{empty, ""}, {count(1, present), "A"}, {count(2, empty), ""}}, []device.Event{inserted("A"), removed}},
		{"there at once", []seen{{present, "A"}, {present | scard.StateChanged, "A"}}, []device.Event{inserted("A")}},
		{"out and in between two looks", []seen{{count(1, present), "A"}, {count(3, present), "A"}}, []device.Event{inserted("A"), removed, inserted("A")}},
		{"the count begins anew", []seen{{count(0xFFFF, present), "A"}, {count(1, present), "A"}}, []device.Event{inserted("A"), removed, inserted("A")}},
		{"another card and no count", []seen{{present, "A"}, {present, "B"}}, []device.Event{inserted("A"), removed, inserted("B")}},
		{"used by a program", []seen{{count(1, present), "A"}, {count(1, present|scard.StateInuse), "A"}, {count(1, present), "A"}}, []device.Event{inserted("A")}},
		{"mute", []seen{{mute, "x"}, {empty, ""}}, []device.Event{{Kind: device.CardInserted, Reader: r, Mute: true}, removed}},
		{"mute and then not", []seen{{mute, ""}, {present, "A"}}, []device.Event{{Kind: device.CardInserted, Reader: r, Mute: true}, removed, inserted("A")}},
		{"reader in trouble", []seen{{present, "A"}, {scard.StateUnavailable, ""}, {count(1, present), "A"}}, []device.Event{inserted("A"), removed, inserted("A")}},
		{"taken and given back", []seen{{present, "A"}, {present | held, "A"}, {present, "A"}},
			[]device.Event{inserted("A"), {Kind: device.ReaderHeld, Reader: r}, {Kind: device.ReaderFree, Reader: r}}},
		{"taken from the beginning", []seen{{present | held, "A"}}, []device.Event{{Kind: device.ReaderHeld, Reader: r}, inserted("A")}},
		{"given back with the card", []seen{{present | held, "A"}, {empty, ""}},
			[]device.Event{{Kind: device.ReaderHeld, Reader: r}, inserted("A"), removed, {Kind: device.ReaderFree, Reader: r}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reader := &watchedReader{name: r}
			var got []device.Event
			for _, s := range tt.seen {
				got = append(got, reader.update(s.state, []byte(s.atr))...)
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("events\n%+v, want\n%+v", got, tt.want)
			}
		})
	}
}

// scripted is a service that changes with every wait.
type scripted struct {
	names   []string
	states  map[string]scard.StateFlag
	changes []func(*scripted) error // one for each wait
	waits   []time.Duration
	limit   int // states taken at once; 0: any number
}

func (s *scripted) readers() ([]string, error) { return s.names, nil }

func (s *scripted) statusChange(states []readerState, timeout time.Duration) error {
	if s.limit > 0 && len(states) > s.limit {
		return scard.ErrInvalidParameter
	}
	for _, st := range states {
		if _, known := s.states[st.name]; !known && st.name != notification {
			return scard.ErrUnknownReader
		}
	}
	waiting := len(states) > 0 && (states[len(states)-1].name == notification || states[0].current != scard.StateUnaware)
	if waiting {
		s.waits = append(s.waits, timeout)
		if len(s.changes) == 0 {
			return errScriptOver
		}
		change := s.changes[0]
		s.changes = s.changes[1:]
		if err := change(s); err != nil {
			return err
		}
	}
	for i := range states {
		states[i].event = s.states[states[i].name] | scard.StateChanged
		if states[i].event&scard.StatePresent != 0 {
			states[i].atr = []byte("ATR")
		}
	}
	return nil
}

var errScriptOver = errors.New("the script is over")

func set(reader string, state scard.StateFlag) func(*scripted) error {
	return func(s *scripted) error {
		s.states[reader] = state
		return nil
	}
}

func TestWatchFollowsReaders(t *testing.T) {
	source := &scripted{names: []string{"A"}, states: map[string]scard.StateFlag{"A": empty}}
	source.changes = []func(*scripted) error{
		set("A", count(1, present)),
		func(s *scripted) error { // B comes
			s.names, s.states["B"] = []string{"A", "B"}, empty
			return nil
		},
		func(*scripted) error { return scard.ErrTimeout }, // settled
		set("B", count(1, present)),
		func(s *scripted) error { // A goes, card and all
			s.names = []string{"B"}
			delete(s.states, "A")
			return scard.ErrUnknownReader
		},
		func(*scripted) error { return scard.ErrCancelled }, // somebody wants it to look again
		set("B", count(1, present|held)),
		func(s *scripted) error { // every reader goes
			s.names, s.states = nil, map[string]scard.StateFlag{}
			return nil
		},
	}
	var got []device.Event
	w := &watched{manager: source, report: func(e device.Event) { got = append(got, e) }}
	if err := w.run(t.Context()); !errors.Is(err, errScriptOver) {
		t.Fatalf("run ended with %v", err)
	}
	atr := []byte("ATR")
	want := []device.Event{
		{Kind: device.ReaderAdded, Reader: "A"},
		{Kind: device.AllReported},
		{Kind: device.CardInserted, Reader: "A", ATR: atr},
		{Kind: device.ReaderAdded, Reader: "B"},
		{Kind: device.CardInserted, Reader: "B", ATR: atr},
		{Kind: device.CardRemoved, Reader: "A"},
		{Kind: device.ReaderRemoved, Reader: "A"},
		{Kind: device.ReaderHeld, Reader: "B"},
		{Kind: device.CardRemoved, Reader: "B"},
		{Kind: device.ReaderFree, Reader: "B"},
		{Kind: device.ReaderRemoved, Reader: "B"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("events\n%+v, want\n%+v", got, want)
	}
	if len(source.waits) < 4 || source.waits[2] != settleTime || source.waits[3] != quietTimeout {
		t.Errorf("waits of %v, want a settling one and then one without end", source.waits)
	}
}

// TestWatchGivesUpOnABrokenService: one that lists a reader and does not know it must not keep the station busy.
func TestWatchGivesUpOnABrokenService(t *testing.T) {
	source := &scripted{names: []string{"A"}, states: map[string]scard.StateFlag{}}
	w := &watched{manager: source, report: func(device.Event) {}}
	if err := w.run(t.Context()); !errors.Is(err, scard.ErrUnknownReader) {
		t.Errorf("run ended with %v, want ErrUnknownReader", err)
	}

	source = &scripted{names: []string{"A"}, states: map[string]scard.StateFlag{"A": empty}}
	for range 2 * unknownLimit {
		source.changes = append(source.changes, func(*scripted) error { return scard.ErrUnknownReader })
	}
	w = &watched{manager: source, report: func(device.Event) {}}
	if err := w.run(t.Context()); !errors.Is(err, scard.ErrUnknownReader) {
		t.Errorf("run ended with %v, want ErrUnknownReader", err)
	}
}

// TestWatchOfAReaderWithoutAState: the service may list a reader before it has looked at it.
func TestWatchOfAReaderWithoutAState(t *testing.T) {
	source := &scripted{names: []string{"A"}, states: map[string]scard.StateFlag{"A": 0}}
	source.changes = []func(*scripted) error{set("A", count(1, present))}
	var got []device.Event
	w := &watched{manager: source, report: func(e device.Event) { got = append(got, e) }}
	if err := w.run(t.Context()); !errors.Is(err, errScriptOver) {
		t.Fatalf("run ended with %v", err)
	}
	if len(got) != 3 || got[2].Kind != device.CardInserted {
		t.Errorf("events %+v, want the reader, AllReported and its card", got)
	}
}

func TestWatchTakesAsManyReadersAsTheServiceDoes(t *testing.T) {
	source := &scripted{states: map[string]scard.StateFlag{}, limit: 16}
	for i := range 16 {
		name := "Reader " + string(rune('A'+i))
		source.names = append(source.names, name)
		source.states[name] = empty
	}
	source.changes = []func(*scripted) error{set("Reader P", count(1, present))}
	var state device.State
	w := &watched{manager: source, report: func(e device.Event) { state = state.Apply(e) }}
	if err := w.run(t.Context()); !errors.Is(err, errScriptOver) {
		t.Fatalf("run ended with %v", err)
	}
	if _, ok := state.Card("Reader P"); !ok {
		t.Errorf("state %+v, want a card on Reader P", state)
	}
}

func TestWatchTakesManyReaders(t *testing.T) {
	source := &scripted{states: map[string]scard.StateFlag{}}
	for i := range 48 {
		name := "Reader " + string(rune('0'+i))
		source.names = append(source.names, name)
		source.states[name] = count(1, present)
	}
	var state device.State
	w := &watched{manager: source, report: func(e device.Event) { state = state.Apply(e) }}
	if err := w.run(t.Context()); !errors.Is(err, errScriptOver) {
		t.Fatalf("run ended with %v", err)
	}
	if len(state.Readers) != 48 || state.Taps != 48 || !state.Known {
		t.Errorf("%d readers, %d taps, known %v, want 48, 48, true", len(state.Readers), state.Taps, state.Known)
	}
}
