package directory

import (
	"fmt"
	"strings"
	"time"
)

// HeldError is a data folder that another process keeps to itself for one kind of work.
type HeldError struct {
	Claim   string // which: ClaimWindow
	PID     int    // 0: it did not say
	Program string
	Host    string
	Since   time.Time
}

// ClaimWindow is the claim of the process that shows the window of a data folder.
const ClaimWindow = "window"

func (e *HeldError) Error() string {
	var b strings.Builder
	what := "is kept by"
	if e.Claim == ClaimWindow {
		what = "has a window open in"
	}
	fmt.Fprintf(&b, "the data folder %s ", what)
	if e.PID == 0 {
		b.WriteString("another process")
		return b.String()
	}
	fmt.Fprintf(&b, "process %d", e.PID)
	if e.Program != "" {
		fmt.Fprintf(&b, " (%s)", e.Program)
	}
	if e.Host != "" {
		fmt.Fprintf(&b, " on %s", e.Host)
	}
	if !e.Since.IsZero() {
		fmt.Fprintf(&b, " since %s", e.Since.Local().Format("2006-01-02 15:04:05"))
	}
	return b.String()
}
