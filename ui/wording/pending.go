package wording

import (
	"errors"

	"tapstation/app/enroll"
	"tapstation/assets/text"
)

// ofPending is what keeps a card from becoming the key that waits for it, or from getting its PIN by a ticket.
func ofPending(err error) (Words, bool) {
	switch {
	case errors.Is(err, enroll.ErrNotACard):
		return Words{text.T("problem.not_a_card.title"), text.T("problem.not_a_card.remedy")}, true
	case errors.Is(err, enroll.ErrKeyChanged):
		return Words{text.T("problem.key_changed.title"), text.T("problem.key_changed.remedy")}, true
	case errors.Is(err, enroll.ErrAnew):
		return Words{text.T("problem.anew.title"), text.T("problem.anew.remedy")}, true
	}
	return Words{}, false
}
