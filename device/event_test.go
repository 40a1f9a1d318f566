package device

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestStateFollowsEvents(t *testing.T) {
	atr := []byte{0x3B, 0x80}
	for _, test := range []struct {
		name   string
		events []Event
		want   State
	}{
		{"nothing known", nil, State{}},
		{"service without readers", []Event{{Kind: ServiceUp}, {Kind: AllReported}}, State{Service: true, Known: true}},
		{"a card on a reader",
			[]Event{{Kind: ServiceUp}, {Kind: ReaderAdded, Reader: "A"}, {Kind: CardInserted, Reader: "A", ATR: atr}},
			State{Service: true, Readers: []Reader{{Name: "A", Card: &Presence{ATR: atr, Tap: 1}}}, Taps: 1}},
		{"a second tap of a card is another tap",
			[]Event{{Kind: ReaderAdded, Reader: "A"}, {Kind: CardInserted, Reader: "A"}, {Kind: CardRemoved, Reader: "A"},
				{Kind: CardInserted, Reader: "A"}},
			State{Service: true, Readers: []Reader{{Name: "A", Card: &Presence{Tap: 2}}}, Taps: 2}},
		{"taps are counted on over a restart of the service",
			[]Event{{Kind: ReaderAdded, Reader: "A"}, {Kind: CardInserted, Reader: "A"}, {Kind: ServiceDown}},
			State{Known: true, Taps: 1}},
		{"a reader unplugged takes its card along",
			[]Event{{Kind: ReaderAdded, Reader: "A"}, {Kind: ReaderAdded, Reader: "B"}, {Kind: CardInserted, Reader: "A"},
				{Kind: ReaderRemoved, Reader: "A"}},
			State{Service: true, Readers: []Reader{{Name: "B"}}, Taps: 1}},
		{"held and free",
			[]Event{{Kind: ReaderAdded, Reader: "A"}, {Kind: ReaderAdded, Reader: "B"}, {Kind: ReaderHeld, Reader: "A"},
				{Kind: ReaderHeld, Reader: "B"}, {Kind: ReaderFree, Reader: "A"}},
			State{Service: true, Readers: []Reader{{Name: "A"}, {Name: "B", Held: true}}}},
		{"events of unknown readers change nothing",
			[]Event{{Kind: ServiceUp}, {Kind: CardInserted, Reader: "X"}, {Kind: ReaderRemoved, Reader: "X"}},
			State{Service: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got State
			for _, e := range test.events {
				got = got.Apply(e)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("state (-want +got):\n%s", diff)
			}
		})
	}
}

func TestApplyLeavesTheStateBeforeAlone(t *testing.T) {
	before := State{}.Apply(Event{Kind: ReaderAdded, Reader: "A"})
	before.Apply(Event{Kind: CardInserted, Reader: "A"})
	if before.Readers[0].Card != nil {
		t.Error("the state before has the card of the state after")
	}
}

func TestTheFirstCardThatCameCounts(t *testing.T) {
	s := State{}
	for _, e := range []Event{
		{Kind: ReaderAdded, Reader: "A"}, {Kind: ReaderAdded, Reader: "B"}, {Kind: ReaderAdded, Reader: "C"},
		{Kind: CardInserted, Reader: "B"}, {Kind: CardInserted, Reader: "A"},
	} {
		s = s.Apply(e)
	}
	for _, test := range []struct {
		asked, want string
		found       bool
	}{{"", "B", true}, {"A", "A", true}, {"C", "", false}, {"X", "", false}} {
		got, ok := s.Card(test.asked)
		if ok != test.found || got.Name != test.want {
			t.Errorf("card on %q: reader %q, found %t; want %q, %t", test.asked, got.Name, ok, test.want, test.found)
		}
	}
}
