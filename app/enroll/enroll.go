package enroll

import (
	"time"

	"tapstation/app/directory"
	"tapstation/device"
)

// Request is the enrollment of one card for one user.
type Request struct {
	UserID       string
	KeyName      string // empty: a sensible one is made
	Verification directory.Verification
	OfflineLogin bool
	PINChooser   directory.PINChooser // for a card that has no PIN yet
	Reader       string               // empty: the first card that comes counts
	Actor        string               // for the audit log: "admin:ID", "os:NAME"
}

// Result is a proven security key and what it took.
type Result struct {
	Key     directory.SecurityKey
	Reader  string
	Resumed bool          // an earlier, lost ceremony was brought to its end
	Cost    device.Cost   // of all card sessions it took
	Total   time.Duration // from the card being there to the key being kept; waiting for a person not counted
}

// Enroller runs ceremonies.
type Enroller struct{}
