package directory

import (
	"time"
)

// Directory keeps the rules over a Store: what a valid user is, which changes a key's state allows, and that
// every act is on record.
type Directory struct {
	Store Store
	Now   func() time.Time
}
