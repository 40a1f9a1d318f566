package fido

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/keys-pub/go-libfido2"

	"tapstation/device"
)

// Status codes of CTAP (CTAP 2.1 §8.2) that stand for something of package device.
const (
	statusInvalidCommand       = 0x01
	statusUnsupportedExtension = 0x16
	statusCredentialExcluded   = 0x19
	statusInvalidCredential    = 0x22
	statusUnsupportedAlgorithm = 0x26
	statusOperationDenied      = 0x27
	statusKeyStoreFull         = 0x28
	statusUnsupportedOption    = 0x2B
	statusInvalidOption        = 0x2C
	statusKeepaliveCancel      = 0x2D
	statusNoCredentials        = 0x2E
	statusUserActionTimeout    = 0x2F
	statusNotAllowed           = 0x30
	statusPINInvalid           = 0x31
	statusPINBlocked           = 0x32
	statusPINAuthBlocked       = 0x34
	statusPINNotSet            = 0x35
	statusPUATRequired         = 0x36
	statusPINPolicyViolation   = 0x37
	statusActionTimeout        = 0x3A
	statusUPRequired           = 0x3B
	statusInvalidSubcommand    = 0x3E
	statusUnauthorized         = 0x40
)

// meaning is what a status stands for. PIN_INVALID is not among them: it becomes a *device.PINError, for which the
// key must be asked again.
var meaning = map[byte]error{
	statusInvalidCommand:       device.ErrUnsupported,
	statusUnsupportedExtension: device.ErrUnsupported,
	statusUnsupportedAlgorithm: device.ErrUnsupported,
	statusUnsupportedOption:    device.ErrUnsupported,
	statusInvalidOption:        device.ErrUnsupported,
	statusInvalidSubcommand:    device.ErrUnsupported,
	statusCredentialExcluded:   device.ErrExcluded,
	statusInvalidCredential:    device.ErrNoCredentials,
	statusNoCredentials:        device.ErrNoCredentials,
	statusKeyStoreFull:         device.ErrKeyFull,
	statusUserActionTimeout:    device.ErrUserTimeout,
	statusActionTimeout:        device.ErrUserTimeout,
	statusNotAllowed:           device.ErrNotAllowed,
	statusOperationDenied:      device.ErrNotAllowed,
	statusUPRequired:           device.ErrNotAllowed, // presence has lapsed: another tap brings it back
	statusUnauthorized:         device.ErrNotAllowed,
	statusPINNotSet:            device.ErrPINNotSet,
	statusPUATRequired:         device.ErrPINRequired,
	statusPINPolicyViolation:   device.ErrPINPolicy,
	statusPINBlocked:           &device.PINError{Blocked: true},
	statusPINAuthBlocked:       &device.PINError{Retries: -1, PowerCycle: true},
	statusPINInvalid:           &device.PINError{Retries: -1},
}

// refusal is the error for a status that is not zero. It is or wraps one of package device, and where that says less
// than the status, the status stands beside it.
func refusal(status byte) error {
	err, known := meaning[status]
	var wrong *device.PINError
	switch {
	case !known:
		return &device.CTAPError{Code: status}
	case errors.As(err, &wrong):
		again := *wrong // a caller may change its own
		return &again
	}
	return fmt.Errorf("%w (CTAP status 0x%02X)", err, status)
}

// libfido2's own codes, for what went wrong on this side of the key (fido/err.h).
const (
	codeTX            = -1
	codeRX            = -2
	codeRXNotCBOR     = -3
	codeRXInvalidCBOR = -4
	codeInternal      = -9
	codeInvalidCBOR   = 0x12 // also a CTAP status, which libfido2 uses for an answer that lacks a member
)

// codes is libfido2's code behind each error of go-libfido2 that does not tell it.
var codes = map[error]int{
	libfido2.ErrTX:                   codeTX,
	libfido2.ErrRX:                   codeRX,
	libfido2.ErrRXNotCBOR:            codeRXNotCBOR,
	libfido2.ErrRXInvalidCBOR:        codeRXInvalidCBOR,
	libfido2.ErrInternal:             codeInternal,
	libfido2.ErrInvalidCommand:       statusInvalidCommand,
	libfido2.ErrInvalidLength:        0x03,
	libfido2.ErrMissingParameter:     0x14,
	libfido2.ErrInvalidCredential:    statusInvalidCredential,
	libfido2.ErrOperationDenied:      statusOperationDenied,
	libfido2.ErrUnsupportedOption:    statusUnsupportedOption,
	libfido2.ErrInvalidOption:        statusInvalidOption,
	libfido2.ErrKeepaliveCancel:      statusKeepaliveCancel,
	libfido2.ErrNoCredentials:        statusNoCredentials,
	libfido2.ErrNotAllowed:           statusNotAllowed,
	libfido2.ErrPinInvalid:           statusPINInvalid,
	libfido2.ErrPinAuthBlocked:       statusPINAuthBlocked,
	libfido2.ErrPinNotSet:            statusPINNotSet,
	libfido2.ErrPinRequired:          statusPUATRequired,
	libfido2.ErrPinPolicyViolation:   statusPINPolicyViolation,
	libfido2.ErrActionTimeout:        statusActionTimeout,
	libfido2.ErrUPRequired:           statusUPRequired,
	libfido2.ErrOther:                0x7F,
	libfido2.ErrUserPresenceRequired: statusUPRequired,
}

// codeOf is the libfido2 code in an error of go-libfido2.
func codeOf(err error) (code int, ok bool) {
	var plain libfido2.Error
	if errors.As(err, &plain) {
		return plain.Code, true
	}
	for cause := err; cause != nil; cause = errors.Unwrap(cause) {
		if code, ok = codes[cause]; ok {
			return code, true
		}
	}
	return 0, false
}

// explain turns an error of go-libfido2 into one of package device. What the transport has seen says more than what
// libfido2 makes of it, and comes first.
func (op *operation) explain(err error) error {
	if err == nil {
		return nil
	}
	if op.err != nil {
		return op.err
	}
	code, ok := int(op.status), true
	if op.status == 0 {
		code, ok = codeOf(err)
	}
	switch {
	case errors.Is(err, libfido2.ErrNotFIDO2):
		return device.ErrNotFIDO
	case code == statusKeepaliveCancel && op.ctx.Err() != nil:
		return op.ctx.Err()
	case op.status != 0:
		return refusal(op.status)
	case hooked && !op.opened && ok:
		return cannotOpen(op.path, err)
	case !ok || code == codeInternal:
		return err
	case code == codeRXNotCBOR, code == codeRXInvalidCBOR, code == codeInvalidCBOR,
		op.session != nil && code == codeRX: // received, or op.err were set, but longer than libfido2 takes
		return &device.MalformedError{What: "answer", Err: err}
	case code == codeTX, code == codeRX:
		return fmt.Errorf("%w (%w)", device.ErrRemoved, err)
	case code > 0 && code <= 0xFF:
		return refusal(byte(code))
	}
	return err
}

// cannotOpen is why libfido2 could not open a USB key, which it does not tell.
func cannotOpen(path string, err error) error {
	f, reason := os.OpenFile(path, os.O_RDWR, 0)
	if reason == nil {
		_ = f.Close()
	}
	if errors.Is(reason, fs.ErrPermission) {
		return fmt.Errorf("%w (%w)", device.ErrDenied, reason)
	}
	return fmt.Errorf("%w (%w)", device.ErrRemoved, err)
}
