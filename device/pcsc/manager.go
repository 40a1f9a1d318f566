package pcsc

import "github.com/ebfe/scard"

// readerState is what is known of a reader (SCARD_READERSTATE).
type readerState struct {
	name    string
	current scard.StateFlag // as the caller knows it; StateUnaware asks for an answer at once
	event   scard.StateFlag // as it is
	atr     []byte          // of the card on it
}

// counter is the number of insertions and removals a reader has seen, which PC/SC keeps in the upper half of a state.
func counter(s scard.StateFlag) uint16 { return uint16(s >> 16) }
