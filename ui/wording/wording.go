// Package wording says what happened, and the one thing to do about it, in words for a person: errors of the
// device, of the ceremony and of the directory, problems of a field, and the rules for a PIN. It only chooses the
// sentences; assets/text has them in the language in use.
package wording

import (
	"context"
	"errors"

	"tapstation/app/directory"
	"tapstation/app/enroll"
	"tapstation/app/rp"
	"tapstation/assets/text"
	"tapstation/device"
)

// Words are what is said of one event.
type Words struct {
	Title  string // what happened, or is awaited: one short line
	Remedy string // the one thing to do; may be empty
}

// Error is what is said of err. An error nobody has words for is told as such; its text is for details.
func Error(err error) Words {
	for _, of := range []func(error) (Words, bool){ofReader, ofPIN, ofPending, ofTicket, ofCard, ofMail, ofPortal, ofDirectory} {
		if w, ok := of(err); ok {
			return w
		}
	}
	return Words{text.T("problem.unknown.title"), text.T("problem.unknown.remedy")}
}

// ofReader is what can be missing before a tap.
func ofReader(err error) (Words, bool) {
	switch {
	case errors.Is(err, device.ErrServiceDown):
		return Words{text.T("problem.service_down.title"), startService()}, true
	case errors.Is(err, device.ErrNoReader):
		return Words{text.T("problem.no_reader.title"), text.T("problem.no_reader.remedy")}, true
	case errors.Is(err, device.ErrReaderHeld):
		return Words{text.T("problem.reader_held.title"), text.T("problem.reader_held.remedy")}, true
	case errors.Is(err, device.ErrNoCard):
		return Words{text.T("problem.no_card.title"), text.T("problem.no_card.remedy")}, true
	}
	return Words{}, false
}

// ofPIN is a PIN that was refused, or cannot be had.
func ofPIN(err error) (Words, bool) {
	var wrong *device.PINError
	switch {
	case errors.As(err, &wrong) && wrong.Blocked:
		return Words{text.T("problem.pin_blocked.title"), text.T("problem.pin_blocked.remedy")}, true
	case errors.As(err, &wrong) && wrong.PowerCycle:
		return Words{text.T("problem.power_cycle.title"), text.T("problem.power_cycle.remedy")}, true
	case errors.As(err, &wrong):
		return Words{text.T("problem.pin_wrong.title"), text.T("problem.pin_wrong.remedy")}, true
	case errors.Is(err, enroll.ErrAlwaysPIN):
		return Words{text.T("problem.always_pin.title"), text.T("problem.always_pin.remedy")}, true
	case errors.Is(err, enroll.ErrPINImpossible):
		return Words{text.T("problem.pin_impossible.title"), text.T("problem.pin_impossible.remedy")}, true
	case errors.Is(err, device.ErrPINRequired):
		return Words{text.T("problem.pin_required.title"), text.T("problem.pin_required.remedy")}, true
	case errors.Is(err, device.ErrPINChange):
		return Words{text.T("problem.pin_change.title"), text.T("problem.pin_change.remedy")}, true
	case errors.Is(err, device.ErrPINPolicy):
		return Words{text.T("problem.pin_policy.title"), text.T("problem.pin_policy.remedy")}, true
	}
	return Words{}, false
}

// ofCard is what a card is, can or did not do.
func ofCard(err error) (Words, bool) {
	var owned *enroll.AlreadyEnrolledError
	var refused *enroll.RefusedError
	switch {
	case errors.Is(err, rp.ErrModel):
		return Words{text.T("problem.model.title"), text.T("problem.model.remedy")}, true
	case errors.Is(err, rp.ErrAttestation):
		return Words{text.T("problem.attestation.title"), text.T("problem.attestation.remedy")}, true
	case errors.As(err, &owned):
		return Words{
			text.T("problem.already_enrolled.title", "Owner", owned.Owner.DisplayName(), "Key", owned.Key.Name),
			text.T("problem.already_enrolled.remedy"),
		}, true
	case errors.As(err, &refused) && refused.Removed:
		return Words{text.T("problem.refused.title"), text.T("problem.refused.removed")}, true
	case errors.As(err, &refused):
		return Words{text.T("problem.refused.title"), text.T("problem.refused.remedy")}, true
	case errors.Is(err, enroll.ErrOtherCard):
		return Words{text.T("problem.other_card.title"), text.T("problem.other_card.remedy")}, true
	case errors.Is(err, enroll.ErrUnfinished):
		return Words{text.T("problem.unfinished.title"), text.T("problem.unfinished.remedy")}, true
	case errors.Is(err, device.ErrCardReset):
		return Words{text.T("problem.card_reset.title"), text.T("problem.card_reset.remedy")}, true
	case errors.Is(err, device.ErrRemoved):
		return Words{text.T("problem.removed.title"), text.T("problem.removed.remedy")}, true
	case errors.Is(err, device.ErrMute), errors.Is(err, device.ErrExchange):
		return Words{text.T("problem.mute.title"), text.T("problem.mute.remedy")}, true
	case errors.Is(err, device.ErrNotFIDO):
		return Words{text.T("problem.not_fido.title"), text.T("problem.not_fido.remedy")}, true
	case errors.Is(err, device.ErrKeyFull):
		return Words{text.T("problem.key_full.title"), text.T("problem.key_full.remedy")}, true
	case errors.Is(err, enroll.ErrNotDiscoverable), errors.Is(err, enroll.ErrAlgorithm), errors.Is(err, device.ErrUnsupported):
		return Words{text.T("problem.unsuitable.title"), text.T("problem.unsuitable.remedy")}, true
	case errors.Is(err, enroll.ErrNotProven):
		return Words{text.T("problem.not_proven.title"), text.T("problem.not_proven.remedy")}, true
	case errors.Is(err, device.ErrNotAllowed), errors.Is(err, device.ErrUserTimeout):
		return Words{text.T("problem.tap_again.title"), text.T("problem.tap_again.remedy")}, true
	}
	var status *device.StatusError
	var code *device.CTAPError
	var malformed *device.MalformedError
	if errors.As(err, &status) || errors.As(err, &code) || errors.As(err, &malformed) {
		return Words{text.T("problem.strange_card.title"), text.T("problem.strange_card.remedy")}, true
	}
	return Words{}, false
}

// ofDirectory is what keeps the station from reading or keeping something.
func ofDirectory(err error) (Words, bool) {
	switch {
	case errors.Is(err, enroll.ErrUserDisabled):
		return Words{text.T("problem.user_disabled.title"), text.T("problem.user_disabled.remedy")}, true
	case errors.Is(err, enroll.ErrCancelled), errors.Is(err, context.Canceled):
		return Words{Title: text.T("problem.cancelled.title")}, true
	case errors.Is(err, directory.ErrForbidden):
		return Words{text.T("problem.forbidden.title"), text.T("problem.forbidden.remedy")}, true
	case errors.Is(err, directory.ErrLastOwner):
		return Words{text.T("problem.last_owner.title"), text.T("problem.last_owner.remedy")}, true
	case errors.Is(err, directory.ErrState):
		return Words{text.T("problem.state.title"), text.T("problem.state.remedy")}, true
	case errors.Is(err, directory.ErrPINDemanded):
		return Words{text.T("problem.pin_demanded.title"), text.T("problem.pin_demanded.remedy")}, true
	case errors.Is(err, directory.ErrPINUnknown):
		return Words{text.T("problem.pin_unknown.title"), text.T("problem.pin_unknown.remedy")}, true
	case errors.Is(err, directory.ErrExists):
		return Words{text.T("problem.exists.title"), text.T("problem.exists.remedy")}, true
	case errors.Is(err, directory.ErrNotFound):
		return Words{text.T("problem.not_found.title"), text.T("problem.not_found.remedy")}, true
	case errors.Is(err, directory.ErrBusy):
		return Words{text.T("problem.busy.title"), text.T("problem.busy.remedy")}, true
	case errors.Is(err, directory.ErrNewer):
		return Words{text.T("problem.newer.title"), text.T("problem.newer.remedy")}, true
	case errors.Is(err, directory.ErrDamaged):
		return Words{text.T("problem.damaged.title"), text.T("problem.damaged.remedy")}, true
	}
	return Words{}, false
}
