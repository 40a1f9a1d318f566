package device

import "slices"

// EventKind says what changed.
type EventKind int

// What can change: the PC/SC service, its readers, the cards on them.
const (
	ServiceUp EventKind = iota + 1
	ServiceDown
	ReaderAdded
	ReaderRemoved
	ReaderHeld // another program took the reader for itself
	ReaderFree
	CardInserted
	CardRemoved
	AllReported // follows ServiceUp once every reader and card that was there has been told
)

// Event is one change among readers and cards.
type Event struct {
	Kind   EventKind
	Reader string // empty for the service
	ATR    []byte // of an inserted card; empty when the card is mute
	Mute   bool   // the inserted card did not answer to reset
}

// State is what is there now. Fold events into it with Apply; its zero value is a station of which
// nothing is known yet.
type State struct {
	Service bool
	Known   bool     // all that was there at the beginning has been told, or that the service is down
	Readers []Reader // in the order they came
	Taps    int      // insertions seen so far
}

// Reader is a card reader and what is on it.
type Reader struct {
	Name string
	Held bool // by another program
	Card *Presence
}

// Presence is a card in a reader's field.
type Presence struct {
	ATR  []byte
	Mute bool
	Tap  int // State.Taps when it came: tells two taps of one card apart
}

// Reader is the named reader; false where there is none.
func (s State) Reader(name string) (Reader, bool) {
	i := s.index(name)
	if i < 0 {
		return Reader{}, false
	}
	return s.Readers[i], true
}

// Card is the reader with a card that came first, among those named name, or all when name is empty.
func (s State) Card(name string) (Reader, bool) {
	best := -1
	for i, r := range s.Readers {
		if r.Card == nil || name != "" && r.Name != name {
			continue
		}
		if best < 0 || r.Card.Tap < s.Readers[best].Card.Tap {
			best = i
		}
	}
	if best < 0 {
		return Reader{}, false
	}
	return s.Readers[best], true
}

// Apply is the state after e. It shares nothing that changes with s.
func (s State) Apply(e Event) State {
	s.Readers = slices.Clone(s.Readers)
	i := s.index(e.Reader)
	switch e.Kind {
	case ServiceUp:
		s.Service, s.Known = true, false
	case AllReported:
		s.Known = true
	case ServiceDown:
		return State{Taps: s.Taps, Known: true}
	case ReaderAdded:
		s.Service = true
		if i < 0 {
			s.Readers = append(s.Readers, Reader{Name: e.Reader})
		}
	}
	if i < 0 {
		return s
	}
	switch e.Kind {
	case ReaderRemoved:
		s.Readers = slices.Delete(s.Readers, i, i+1)
	case ReaderHeld:
		s.Readers[i].Held = true
	case ReaderFree:
		s.Readers[i].Held = false
	case CardInserted:
		s.Taps++
		s.Readers[i].Card = &Presence{ATR: e.ATR, Mute: e.Mute, Tap: s.Taps}
	case CardRemoved:
		s.Readers[i].Card = nil
	}
	return s
}

func (s State) index(name string) int {
	return slices.IndexFunc(s.Readers, func(r Reader) bool { return r.Name == name })
}
