package pcsc

import (
	"errors"
	"time"
	"unsafe"

	"github.com/ebfe/scard"
	"golang.org/x/sys/windows"
)

var (
	winscard               = windows.NewLazySystemDLL("winscard.dll")
	procEstablishContext   = winscard.NewProc("SCardEstablishContext")
	procReleaseContext     = winscard.NewProc("SCardReleaseContext")
	procCancel             = winscard.NewProc("SCardCancel")
	procListReaders        = winscard.NewProc("SCardListReadersW")
	procGetStatusChange    = winscard.NewProc("SCardGetStatusChangeW")
	procAccessStartedEvent = winscard.NewProc("SCardAccessStartedEvent")
)

// resourceManager is a PC/SC context to look at readers with. It is not scard's, because scard keeps the reader names of
// an SCardGetStatusChange only as addresses, which the garbage collector does not count.
type resourceManager struct {
	context  uintptr
	lifeline *lifeline
}

// sysReaderState is SCARD_READERSTATEW. The name is a pointer, so that it lives as long as the struct.
type sysReaderState struct {
	name           *uint16
	userData       uintptr
	current, event uint32
	atrLen         uint32
	atr            [36]byte
}

func newResourceManager() *resourceManager { return &resourceManager{lifeline: newLifeline()} }

// establish opens the context. When it fails nothing is open.
func (m *resourceManager) establish() error {
	return call(procEstablishContext, uintptr(scard.ScopeSystem), 0, 0, uintptr(unsafe.Pointer(&m.context)))
}

func (m *resourceManager) release() error { return call(procReleaseContext, m.context) }

// cancel ends a statusChange that is waiting now, on another goroutine.
func (m *resourceManager) cancel() error { return call(procCancel, m.context) }

// readers are the names of all readers, none where there are none.
func (m *resourceManager) readers() ([]string, error) {
	for {
		var n uint32
		switch err := call(procListReaders, m.context, 0, 0, uintptr(unsafe.Pointer(&n))); {
		case errors.Is(err, scard.ErrNoReadersAvailable):
			return nil, nil
		case err != nil:
			return nil, err
		}
		if n == 0 {
			return nil, nil
		}
		buf := make([]uint16, n)
		switch err := call(procListReaders, m.context, 0, uintptr(unsafe.Pointer(&buf[0])), uintptr(unsafe.Pointer(&n))); {
		case errors.Is(err, scard.ErrInsufficientBuffer):
			continue // a reader came in between
		case errors.Is(err, scard.ErrNoReadersAvailable):
			return nil, nil
		case err != nil:
			return nil, err
		}
		var names []string
		for rest := buf; len(rest) > 0 && rest[0] != 0; {
			name := windows.UTF16ToString(rest)
			names = append(names, name)
			end := 0
			for end < len(rest) && rest[end] != 0 {
				end++
			}
			rest = rest[min(end+1, len(rest)):]
		}
		return names, nil
	}
}

// statusChange waits until the state of one of the readers differs from the current one, and fills in event and atr. A
// negative timeout is for ever. It fails with scard.ErrTimeout and, after cancel, with scard.ErrCancelled.
func (m *resourceManager) statusChange(states []readerState, timeout time.Duration) error {
	if len(states) == 0 {
		return nil
	}
	list := make([]sysReaderState, len(states))
	for i, s := range states {
		name, err := windows.UTF16PtrFromString(s.name)
		if err != nil {
			return err
		}
		list[i].name, list[i].current = name, uint32(s.current)
	}
	if err := call(procGetStatusChange, m.context, uintptr(milliseconds(timeout)), uintptr(unsafe.Pointer(&list[0])), uintptr(len(list))); err != nil {
		return err
	}
	for i := range states {
		states[i].event = scard.StateFlag(list[i].event)
		states[i].atr = append([]byte(nil), list[i].atr[:min(int(list[i].atrLen), len(list[i].atr))]...)
	}
	return nil
}

func milliseconds(d time.Duration) uint32 {
	if d < 0 {
		return windows.INFINITE
	}
	return uint32(min(int64((d+time.Millisecond-1)/time.Millisecond), windows.INFINITE-1))
}

// call is a function of winscard. Its arguments that are addresses are converted in the caller's argument list, which
// keeps what they point to alive and in place.
//
//go:uintptrescapes
func call(p *windows.LazyProc, args ...uintptr) error {
	if err := p.Find(); err != nil {
		return scard.ErrNoService
	}
	code, _, _ := p.Call(args...)
	if e := scard.Error(uint32(code)); e != scard.ErrSuccess {
		return e
	}
	return nil
}
