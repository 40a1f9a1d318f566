package admin

// Counted makes compared run before each comparison of a password.
func Counted(a *Admins, compared func()) { a.compared = compared }

// Slots is how many counts there are for names of nobody.
const Slots = slots

// The tests of hashes.
var (
	ParseHash   = parseHash
	NewPassword = newPassword
)
