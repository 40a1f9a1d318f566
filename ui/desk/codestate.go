package desk

import (
	"errors"
	"strings"

	"tapstation/app/activation"
	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/wording"
)

// codeState is the page for a code.
type codeState struct {
	Typed  string
	Asking bool
	Slow   bool               // waiting long enough to say so
	Opened *activation.Opened // nil: nothing was found yet
	Failed error              // why not
}

// typed is s after something else was typed: what was found for other words is no longer meant.
func (s codeState) typed(words string) codeState { return codeState{Typed: words} }

// ask is s while what was typed is looked up; false where there is nothing to look up.
func (s codeState) ask() (codeState, bool) {
	if strings.TrimSpace(s.Typed) == "" {
		return s, false
	}
	return codeState{Typed: s.Typed, Asking: true}, true
}

// answer takes in what was found. Nothing that opens it is kept.
func (s codeState) answer(o activation.Opened, err error) codeState {
	if err == nil && o.Ticket.Purpose != directory.Activate && o.Ticket.Purpose != directory.SetPIN {
		err = errElsewhere
	}
	if err != nil {
		return codeState{Typed: s.Typed, Failed: err}
	}
	return codeState{Opened: &o}
}

// errElsewhere is a ticket that is for another place than a desk.
var errElsewhere = errors.New("this code is for something else")

// problem is what is said beside the field; nothing where all is well.
func (s codeState) problem() wording.Words {
	switch {
	case s.Failed == nil:
		return wording.Words{}
	case errors.Is(s.Failed, directory.ErrNotFound):
		return wording.Words{Title: text.T("activation.code.unknown_link"), Remedy: text.T("activation.code.unknown_link_remedy")}
	case errors.Is(s.Failed, errElsewhere):
		return wording.Words{Title: text.T("activation.code.elsewhere"), Remedy: text.T("activation.code.elsewhere_remedy")}
	}
	return wording.Error(s.Failed)
}
