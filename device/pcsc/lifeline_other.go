//go:build !linux

package pcsc

// lifeline is the way to end a call that hangs inside the PC/SC service. Only pcsc-lite on Linux has one. Elsewhere a
// call that nobody waits for any more ends by itself (Windows takes the card away from a program that leaves its
// transaction idle for five seconds, see SCardBeginTransaction), and whatever it opened is closed as soon as it returns.
type lifeline struct{}

func newLifeline() *lifeline { return &lifeline{} }

func (l *lifeline) establish(f func() error) error { return f() }

func (l *lifeline) cut() bool { return false }

func (l *lifeline) wasCut() bool { return false }

func (l *lifeline) drop() {}
