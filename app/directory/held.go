package directory

import (
	"fmt"
	"strings"
	"time"
)

// HeldError is a data folder that another process keeps to itself for one kind of work.
type HeldError struct {
	Claim   string // which: ClaimWindow, ClaimPortal
	PID     int    // 0: it did not say
	Program string
	Host    string
	Since   time.Time
}

// ClaimWindow is the claim of the process that shows the window of a data folder, ClaimPortal that of the one that serves
// its portal.
const (
	ClaimWindow = "window"
	ClaimPortal = "portal"
)

func (e *HeldError) Error() string {
	var b strings.Builder
	b.WriteString("another process")
	if e.PID != 0 {
		b.Reset()
		fmt.Fprintf(&b, "process %d", e.PID)
	}
	if e.Program != "" {
		fmt.Fprintf(&b, " (%s)", e.Program)
	}
	if e.Host != "" {
		fmt.Fprintf(&b, " on %s", e.Host)
	}
	b.WriteString(" holds the data folder")
	switch e.Claim {
	case ClaimWindow:
		b.WriteString(", with a window")
	case ClaimPortal:
		b.WriteString(", and serves its portal")
	}
	if !e.Since.IsZero() {
		fmt.Fprintf(&b, ", since %s", e.Since.Local().Format("2006-01-02 15:04:05"))
	}
	return b.String()
}
