package wording

import (
	"errors"

	"tapstation/app/activation"
	"tapstation/app/directory"
	"tapstation/assets/text"
)

// ofTicket is why a link or a code opens nothing, or nothing can be mailed.
func ofTicket(err error) (Words, bool) {
	var many *activation.TooManyError
	var often *activation.TooOftenError
	switch {
	case errors.As(err, &many):
		return Words{text.T("problem.too_many_codes.title"), text.T("problem.too_many_codes.remedy", "Until", text.DateTime(many.Until))}, true
	case errors.Is(err, activation.ErrWrongCode):
		return Words{text.T("problem.wrong_code.title"), text.T("problem.wrong_code.remedy")}, true
	case errors.Is(err, activation.ErrCodeSpent):
		return Words{text.T("problem.code_spent.title"), text.T("problem.code_spent.remedy")}, true
	case errors.Is(err, directory.ErrTicketUsed):
		return Words{text.T("problem.ticket_used.title"), text.T("problem.ticket_used.remedy")}, true
	case errors.Is(err, directory.ErrTicketWithdrawn):
		return Words{text.T("problem.ticket_withdrawn.title"), text.T("problem.ticket_withdrawn.remedy")}, true
	case errors.Is(err, directory.ErrTicketExpired):
		return Words{text.T("problem.ticket_expired.title"), text.T("problem.ticket_expired.remedy")}, true
	case errors.As(err, &often):
		return Words{text.T("problem.too_often.title"), text.T("problem.too_often.remedy", "Until", text.DateTime(often.Until))}, true
	case errors.Is(err, activation.ErrMailNotSetUp):
		return Words{text.T("problem.no_mail.title"), text.T("problem.no_mail.remedy")}, true
	case errors.Is(err, activation.ErrNoEmail):
		return Words{text.T("problem.no_email.title"), text.T("problem.no_email.remedy")}, true
	case errors.Is(err, activation.ErrUserDisabled):
		return Words{text.T("problem.user_disabled.title"), text.T("problem.user_disabled.remedy")}, true
	case errors.Is(err, activation.ErrLinkLost):
		return Words{text.T("problem.link_lost.title"), text.T("problem.link_lost.remedy")}, true
	case errors.Is(err, activation.ErrTicketKey):
		return Words{text.T("problem.ticket_key.title"), text.T("problem.ticket_key.remedy")}, true
	}
	return Words{}, false
}
