package device

import (
	"fmt"
	"io"
)

// PIN is a key's PIN, in Unicode code points of UTF-8. It prints as dots wherever it is formatted or encoded, so
// that none reaches a log, an error text or a document by accident. Use Reveal where the key itself needs it.
type PIN string

const hidden = "••••"

// Reveal is the PIN in the clear.
func (p PIN) Reveal() string { return string(p) }

// Format hides the PIN from package fmt.
func (p PIN) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, hidden) }

// MarshalText hides the PIN from encoders.
func (p PIN) MarshalText() ([]byte, error) { return []byte(hidden), nil }
