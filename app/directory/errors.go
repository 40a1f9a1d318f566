package directory

import (
	"errors"
	"fmt"
	"strings"
)

// What the rules refuse.
var (
	// ErrState is a change of state a key may not make; it comes as a *StateError.
	ErrState = errors.New("the key's state does not allow this")
	// ErrOfflineCache: the change is kept, but the offline cache of this machine could not be told. The next
	// Reconcile makes good for it.
	ErrOfflineCache = errors.New("the change is kept, but the offline cache of this machine could not be told")
)

// Problem says what is wrong with a field, a stable word that windows translate.
type Problem string

// Problems of fields.
const (
	Required          Problem = "required"
	TooLong           Problem = "too_long"           // more than FieldError.Limit
	TooShort          Problem = "too_short"          // fewer than FieldError.Limit
	TooMany           Problem = "too_many"           // more than FieldError.Limit
	InvalidCharacters Problem = "invalid_characters" // control characters, what cannot be seen, broken UTF-8
	SurroundingSpace  Problem = "surrounding_space"  // begins or ends with a space
	InvalidEmail      Problem = "invalid_email"
	InvalidDomain     Problem = "invalid_domain" // not a domain name in lower case
	InvalidLink       Problem = "invalid_link"   // not an http or https address
	InvalidValue      Problem = "invalid_value"  // not one of the values there are
	InvalidImage      Problem = "invalid_image"  // not a PNG, JPEG or SVG that can be drawn
	OutOfRange        Problem = "out_of_range"   // below what can be, or above FieldError.Limit
	Repeated          Problem = "repeated"       // one character over and over
	OwnName           Problem = "own_name"       // the User ID, a name or the address of the user it protects
	TooCommon         Problem = "too_common"     // among the first that anybody tries
	Taken             Problem = "taken"          // somebody else's; told by Directory.Taken, never by Validate

	InvalidHost        Problem = "invalid_host"        // neither the name of a host, in ASCII, nor an IP address
	InvalidAddress     Problem = "invalid_address"     // not HOST:PORT
	InvalidCertificate Problem = "invalid_certificate" // no certificates in PEM
	InvalidKey         Problem = "invalid_key"         // not a private key in PEM of a kind that can be used
	WeakKey            Problem = "weak_key"            // an RSA key of fewer than FieldError.Limit bits
	NeedsHTTPS         Problem = "needs_https"         // http is for this machine only
	NeedsTLS           Problem = "needs_tls"           // the connection leaves this machine unprotected, which is not allowed
	OutsideRP          Problem = "outside_rp"          // the host is neither the relying party ID nor below it
)

// FieldError is what is wrong with one field.
type FieldError struct {
	Field   string // "user_id", "user_name", "first_name", "last_name", "email", "groups"; "key_name"; "password", "role"; "language"; those of Workspace
	Problem Problem
	Limit   int // of TooLong and TooShort in code points, of TooMany in entries, of OutOfRange the largest value, of WeakKey in bits; else 0
}

func (e FieldError) String() string {
	if e.Problem == TooShort || e.Problem == WeakKey {
		return fmt.Sprintf("%s: %s (at least %d)", e.Field, e.Problem, e.Limit)
	}
	if e.Limit > 0 {
		return fmt.Sprintf("%s: %s (at most %d)", e.Field, e.Problem, e.Limit)
	}
	return fmt.Sprintf("%s: %s", e.Field, e.Problem)
}

// InvalidError is a record that breaks the rules, with everything that is wrong with it.
type InvalidError struct {
	Fields []FieldError
}

func (e *InvalidError) Error() string {
	all := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		all[i] = f.String()
	}
	return "invalid: " + strings.Join(all, "; ")
}

// invalid is an *InvalidError, or nil when nothing is wrong.
func invalid(fields []FieldError) error {
	if len(fields) == 0 {
		return nil
	}
	return &InvalidError{Fields: fields}
}

// StateError is a change of state a key may not make. It is an ErrState.
type StateError struct {
	From, To KeyState
}

func (e *StateError) Error() string {
	return fmt.Sprintf("a key that is %s cannot become %s", e.From, e.To)
}

func (e *StateError) Unwrap() error { return ErrState }
