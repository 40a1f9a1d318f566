package activation

import "tapstation/app/directory"

// NormalCode is the code that somebody typed.
var NormalCode = normalCode

// Symbols are those of codes.
const Symbols = symbols

// MostWrong is how many wrong proofs a code takes.
const MostWrong = mostWrong

// Slots is how many sources are told apart.
func (t *Tickets) Slots() int { return len(t.sources.full) }

// HandleOf is the hash of the handle that a ticket would have with its next code but n.
func (t *Tickets) HandleOf(tx directory.Tx, ticket directory.Ticket, n int) ([]byte, error) {
	k, err := t.keyIn(tx)
	if err != nil {
		return nil, err
	}
	return k.handleHash(k.code(ticket.ID, ticket.Serial+1+n)), nil
}
