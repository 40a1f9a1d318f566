package admin

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"maps"
	"time"

	"tapstation/app/directory"
)

// How wrong passwords in a row are slowed down, and end.
const (
	freeFailures = 2 // after which nothing has to wait yet
	firstDelay   = time.Second
	longestDelay = 15 * time.Minute
	// LockedAfter is how many wrong passwords in a row lock. NIST SP 800-63B §5.2.2 allows a hundred.
	LockedAfter = 10
)

// How much is remembered of names of nobody.
const (
	slots     = 512
	forgotten = 24 * time.Hour
)

// delay is how long the next attempt has to wait after so many wrong ones.
func delay(failures int) time.Duration {
	if failures <= freeFailures {
		return 0
	}
	d := firstDelay
	for range failures - freeFailures - 1 {
		if d *= 2; d >= longestDelay {
			return longestDelay
		}
	}
	return d
}

// attempts are the wrong ones in a row.
type attempts struct {
	failures int
	last     time.Time
	locked   bool
}

// admit counts an attempt at now, which is taken for a wrong one until it is known better. It fails with ErrLocked and
// *WaitError, and then counts nothing.
func (a attempts) admit(now time.Time) (attempts, error) {
	if a.locked || a.failures >= LockedAfter {
		return a, ErrLocked
	}
	if now.Before(a.last) {
		a.last = now // the clock was set back: the wait begins anew, and does not last until the old time comes again
	}
	if until := a.last.Add(delay(a.failures)); now.Before(until) {
		return a, &WaitError{Until: until}
	}
	return attempts{failures: a.failures + 1, last: now, locked: a.failures+1 >= LockedAfter}, nil
}

// account is what the User ID of a log-in stands for: an admin, or nobody.
type account struct {
	attempts
	admin directory.Admin // zero: nobody's
	user  directory.User
	able  bool // there is a password, and its user may log in

	guesses directory.Guesses // where it is nobody's
	slot    uint16
}

// account finds what is known of a User ID. A disabled admin counts for themselves, and can have no right password.
func (a *Admins) account(tx directory.Tx, userID string, now time.Time) (account, error) {
	adm, err := tx.Admin(userID)
	var u directory.User
	if err == nil {
		u, err = tx.User(userID)
	}
	switch {
	case err == nil:
		return account{
			attempts: attempts{adm.Failures, adm.Attempted, adm.Locked},
			admin:    adm, user: u, able: !u.Disabled && adm.Password != "",
		}, nil
	case errors.Is(err, directory.ErrNotFound):
		return nobody(tx, userID, now)
	}
	return account{}, err
}

func (c account) known() bool { return c.admin.UserID != "" }

// nobody finds the count that a name of nobody shares with others.
func nobody(tx directory.Tx, userID string, now time.Time) (account, error) {
	g, err := tx.Guesses()
	if err != nil {
		return account{}, err
	}
	if g.Key == nil {
		g.Key = make([]byte, sha256.Size)
		rand.Read(g.Key) // never fails (crypto/rand)
		g.Slots = map[uint16]directory.Guess{}
	}
	maps.DeleteFunc(g.Slots, func(_ uint16, guess directory.Guess) bool { return now.Sub(guess.Attempted).Abs() >= forgotten })
	mac := hmac.New(sha256.New, g.Key)
	mac.Write([]byte(directory.Fold(userID)))
	slot := binary.BigEndian.Uint16(mac.Sum(nil)) % slots
	found := g.Slots[slot]
	return account{attempts: attempts{failures: found.Failures, last: found.Attempted}, guesses: g, slot: slot}, nil
}

// keep writes the count down.
func (c account) keep(tx directory.Tx) error {
	if c.known() {
		adm := c.admin
		adm.Failures, adm.Attempted, adm.Locked = c.failures, c.last, c.locked
		return tx.PutAdmin(adm)
	}
	g := c.guesses
	g.Slots[c.slot] = directory.Guess{Failures: c.failures, Attempted: c.last}
	return tx.PutGuesses(g)
}
