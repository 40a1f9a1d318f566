package pcsc

import (
	"errors"
	"fmt"

	"github.com/ebfe/scard"

	"tapstation/device"
)

// errCut tells that the station itself ended a call that hung.
var errCut = fmt.Errorf("%w in time", device.ErrMute)

// fromPCSC is what an error of the PC/SC service means to the station: an error of package device or device.ErrExchange, with
// the service's own words. Errors the station can do nothing about stay what they are.
func fromPCSC(err error) error {
	var code scard.Error
	if !errors.As(err, &code) {
		return err
	}
	if s := sentinel(code); s != nil {
		return fmt.Errorf("%w: %w", s, err)
	}
	return err
}

// sentinel is the error that stands for a return code of PC/SC (PC/SC part 5 §3.1.5 and pcsclite.h); nil for those that
// tell of a mistake in a program or of matters no station has.
func sentinel(code scard.Error) error {
	switch code {
	case scard.ErrNoService, scard.ErrServiceStopped, scard.ErrShutdown, scard.ErrServerTooBusy, scard.ErrUnknownResMng,
		// pcsc-lite: the connection to pcscd broke.
		scard.ErrCommError,
		// Contexts and handles are not used after they were released, so it is the service that forgot them.
		scard.ErrInvalidHandle:
		return device.ErrServiceDown

	case scard.ErrNoReadersAvailable, scard.ErrUnknownReader, scard.ErrReaderUnavailable:
		return device.ErrNoReader

	case scard.ErrNoSmartcard:
		return device.ErrNoCard

	case scard.ErrSharingViolation:
		return device.ErrReaderHeld

	case scard.ErrRemovedCard:
		return device.ErrRemoved

	case scard.ErrResetCard:
		return device.ErrCardReset

	case scard.ErrUnresponsiveCard, scard.ErrUnpoweredCard, scard.ErrUnsupportedCard, scard.ErrCardUnsupported,
		scard.ErrInvalidAtr:
		return device.ErrMute

	case scard.ErrProtoMismatch: // neither T=0 nor T=1
		return device.ErrNotFIDO

	case scard.ErrSecurityViolation, scard.ErrNoAccess: // pcsc-lite: polkit says no
		return device.ErrDenied

	case scard.ErrNotTransacted, scard.ErrInsufficientBuffer, scard.ErrInvalidParameter, scard.ErrInvalidValue,
		scard.ErrPciTooSmall, scard.ErrCommDataLost, scard.ErrUnsupportedFeature, scard.ErrNotReady, scard.ErrTimeout,
		scard.ErrWaitedTooLong, scard.ErrReaderUnsupported:
		return device.ErrExchange
	}
	return nil
}
