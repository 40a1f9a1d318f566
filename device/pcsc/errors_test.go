package pcsc

import (
	"errors"
	"strings"
	"testing"

	"github.com/ebfe/scard"

	"tapstation/device"
)

// TestEveryPCSCError has every code scard knows; nil stands for those that stay what they are.
func TestEveryPCSCError(t *testing.T) {
	for code, want := range map[scard.Error]error{
		scard.ErrInternalError:          nil,
		scard.ErrCancelled:              nil,
		scard.ErrInvalidHandle:          device.ErrServiceDown,
		scard.ErrInvalidParameter:       device.ErrExchange,
		scard.ErrInvalidTarget:          nil,
		scard.ErrNoMemory:               nil,
		scard.ErrWaitedTooLong:          device.ErrExchange,
		scard.ErrInsufficientBuffer:     device.ErrExchange,
		scard.ErrUnknownReader:          device.ErrNoReader,
		scard.ErrTimeout:                device.ErrExchange,
		scard.ErrSharingViolation:       device.ErrReaderHeld,
		scard.ErrNoSmartcard:            device.ErrNoCard,
		scard.ErrUnknownCard:            nil,
		scard.ErrCantDispose:            nil,
		scard.ErrProtoMismatch:          device.ErrNotFIDO,
		scard.ErrNotReady:               device.ErrExchange,
		scard.ErrInvalidValue:           device.ErrExchange,
		scard.ErrSystemCancelled:        nil,
		scard.ErrCommError:              device.ErrServiceDown,
		scard.ErrUnknownError:           nil,
		scard.ErrInvalidAtr:             device.ErrMute,
		scard.ErrNotTransacted:          device.ErrExchange,
		scard.ErrReaderUnavailable:      device.ErrNoReader,
		scard.ErrShutdown:               device.ErrServiceDown,
		scard.ErrPciTooSmall:            device.ErrExchange,
		scard.ErrReaderUnsupported:      device.ErrExchange,
		scard.ErrDuplicateReader:        nil,
		scard.ErrCardUnsupported:        device.ErrMute,
		scard.ErrNoService:              device.ErrServiceDown,
		scard.ErrServiceStopped:         device.ErrServiceDown,
		scard.ErrUnsupportedFeature:     device.ErrExchange, // and ErrUnexpected, the same number
		scard.ErrIccInstallation:        nil,
		scard.ErrIccCreateorder:         nil,
		scard.ErrFileNotFound:           nil,
		scard.ErrNoDir:                  nil,
		scard.ErrNoFile:                 nil,
		scard.ErrNoAccess:               device.ErrDenied,
		scard.ErrWriteTooMany:           nil,
		scard.ErrBadSeek:                nil,
		scard.ErrInvalidChv:             nil,
		scard.ErrUnknownResMng:          device.ErrServiceDown,
		scard.ErrNoSuchCertificate:      nil,
		scard.ErrCertificateUnavailable: nil,
		scard.ErrNoReadersAvailable:     device.ErrNoReader,
		scard.ErrCommDataLost:           device.ErrExchange,
		scard.ErrNoKeyContainer:         nil,
		scard.ErrServerTooBusy:          device.ErrServiceDown,
		scard.ErrUnsupportedCard:        device.ErrMute,
		scard.ErrUnresponsiveCard:       device.ErrMute,
		scard.ErrUnpoweredCard:          device.ErrMute,
		scard.ErrResetCard:              device.ErrCardReset,
		scard.ErrRemovedCard:            device.ErrRemoved,
		scard.ErrSecurityViolation:      device.ErrDenied,
		scard.ErrWrongChv:               nil,
		scard.ErrChvBlocked:             nil,
		scard.ErrEof:                    nil,
		scard.ErrCancelledByUser:        nil,
		scard.ErrCardNotAuthenticated:   nil,
	} {
		got := fromPCSC(code)
		if !errors.Is(got, code) {
			t.Errorf("%v becomes %v, which hides what the service said", code, got)
		}
		if want != nil && (!errors.Is(got, want) || !strings.Contains(got.Error(), want.Error())) {
			t.Errorf("%v becomes %v, want %v", code, got, want)
		}
		if want == nil && got != error(code) {
			t.Errorf("%v becomes %v, want it unchanged", code, got)
		}
	}
	if err := fromPCSC(nil); err != nil {
		t.Errorf("no error becomes %v", err)
	}
	if err := errors.New("else"); fromPCSC(err) != err {
		t.Error("an error that is not PC/SC's is changed")
	}
}

func TestReaderProperties(t *testing.T) {
	features := unhex(t, "0604 42000db5 1204 42000dba")
	if code, ok := tlv(features, featureTLVProperties); !ok || string(code) != string(unhex(t, "42000dba")) {
		t.Errorf("feature %x, %v, want 42000dba", code, ok)
	}
	for _, b := range []string{"", "12", "1204", "120442000d", "0604", "06ff0000"} {
		if v, ok := tlv(unhex(t, b), featureTLVProperties); ok {
			t.Errorf("%q gives %x, want nothing", b, v)
		}
	}
	for size, want := range map[uint32]int{0: shortLimit, 256: shortLimit, 1024: 1033, 65535: 65544, 65536: 0, 1 << 31: 0} {
		if got := dataSizeLimit(size); got != want {
			t.Errorf("a reader of %d bytes carries APDUs of %d, want %d", size, got, want)
		}
	}
}
