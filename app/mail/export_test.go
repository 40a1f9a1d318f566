package mail

import (
	"context"
	"net"
	"time"
)

// Hurry makes an outbox give up what takes longer than d.
func Hurry(o *Outbox, d time.Duration) {
	o.patience = &patience{connect: d, command: d, body: d, answer: d, leave: d}
}

// LookAgain makes an outbox look again at what a message says once it has known that for d.
func LookAgain(o *Outbox, d time.Duration) { o.fresh = d }

// Dial replaces how an outbox connects to its server.
func Dial(o *Outbox, dial func(ctx context.Context, network, address string) (net.Conn, error)) {
	o.dial = dial
}

// Line and OfOpening are how answers become fit to be shown.
var (
	Line      = line
	OfOpening = ofOpening
	ErrFlood  = errFlood
	Delay     = delay
)

// MostAttempts is after how many attempts a message is given up, and Lease how long it is leased for; Longest is how long
// one message can take.
var (
	MostAttempts = mostAttempts
	Lease        = time.Duration(lease)
	Longest      = patient.longest()
)
