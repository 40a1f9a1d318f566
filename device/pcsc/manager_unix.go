//go:build !windows

package pcsc

// #cgo darwin LDFLAGS: -framework PCSC
// #cgo !darwin pkg-config: libpcsclite
// #include <stdint.h>
// #include <stdlib.h>
// #include <string.h>
// #ifdef __APPLE__
// #include <PCSC/winscard.h>
// #include <PCSC/wintypes.h>
// #else
// #include <winscard.h>
// #endif
//
// // Types of one width on every system stand between Go and PC/SC, whose own differ.
// typedef struct {
// 	char *name;
// 	uint32_t current, event, atr_len;
// 	uint8_t atr[64];
// } reader_state;
//
// static uint32_t station_establish(uintptr_t *context) {
// 	SCARDCONTEXT c = 0;
// 	LONG rv = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &c);
// 	*context = (uintptr_t)c;
// 	return (uint32_t)rv;
// }
//
// static uint32_t station_release(uintptr_t context) {
// 	return (uint32_t)SCardReleaseContext((SCARDCONTEXT)context);
// }
//
// static uint32_t station_cancel(uintptr_t context) {
// 	return (uint32_t)SCardCancel((SCARDCONTEXT)context);
// }
//
// static uint32_t station_list_readers(uintptr_t context, char *names, uint32_t *len) {
// 	DWORD n = *len;
// 	LONG rv = SCardListReaders((SCARDCONTEXT)context, NULL, names, &n);
// 	*len = (uint32_t)n;
// 	return (uint32_t)rv;
// }
//
// static uint32_t station_status_change(uintptr_t context, uint32_t timeout, reader_state *states, uint32_t n) {
// 	SCARD_READERSTATE *s = calloc(n, sizeof *s);
// 	if (s == NULL)
// 		return (uint32_t)SCARD_E_NO_MEMORY;
// 	for (uint32_t i = 0; i < n; i++) {
// 		s[i].szReader = states[i].name;
// 		s[i].dwCurrentState = states[i].current;
// 	}
// 	LONG rv = SCardGetStatusChange((SCARDCONTEXT)context, timeout, s, n);
// 	for (uint32_t i = 0; i < n; i++) {
// 		size_t len = s[i].cbAtr;
// 		if (len > sizeof s[i].rgbAtr)
// 			len = sizeof s[i].rgbAtr;
// 		states[i].event = (uint32_t)s[i].dwEventState;
// 		states[i].atr_len = (uint32_t)len;
// 		memcpy(states[i].atr, s[i].rgbAtr, len);
// 	}
// 	free(s);
// 	return (uint32_t)rv;
// }
import "C"

import (
	"errors"
	"strings"
	"time"
	"unsafe"

	"github.com/ebfe/scard"
)

// resourceManager is a PC/SC context to look at readers with. It is not scard's, because scard does not keep the reader
// names of a waiting SCardGetStatusChange alive when two wait for the same reader (on Windows not even when one does).
type resourceManager struct {
	context  C.uintptr_t
	lifeline *lifeline
}

func newResourceManager() *resourceManager { return &resourceManager{lifeline: newLifeline()} }

// establish opens the context. When it fails nothing is open.
func (m *resourceManager) establish() error {
	err := m.lifeline.establish(func() error { return result(C.station_establish(&m.context)) })
	if err != nil {
		m.lifeline.drop()
	}
	return err
}

func (m *resourceManager) release() error {
	defer m.lifeline.drop()
	return result(C.station_release(m.context))
}

// cancel ends a statusChange that is waiting now, on another goroutine; one that begins later is not affected.
func (m *resourceManager) cancel() error { return result(C.station_cancel(m.context)) }

// readers are the names of all readers, none where there are none.
func (m *resourceManager) readers() ([]string, error) {
	for {
		var n C.uint32_t
		switch err := result(C.station_list_readers(m.context, nil, &n)); {
		case errors.Is(err, scard.ErrNoReadersAvailable):
			return nil, nil
		case err != nil:
			return nil, err
		}
		if n == 0 {
			return nil, nil
		}
		buf := make([]byte, n)
		switch err := result(C.station_list_readers(m.context, (*C.char)(unsafe.Pointer(&buf[0])), &n)); {
		case errors.Is(err, scard.ErrInsufficientBuffer):
			continue // a reader came in between
		case errors.Is(err, scard.ErrNoReadersAvailable):
			return nil, nil
		case err != nil:
			return nil, err
		}
		return strings.FieldsFunc(string(buf[:min(int(n), len(buf))]), func(r rune) bool { return r == 0 }), nil
	}
}

// statusChange waits until the state of one of the readers differs from the current one, and fills in event and atr. A
// negative timeout is for ever. It fails with scard.ErrTimeout and, after cancel, with scard.ErrCancelled.
func (m *resourceManager) statusChange(states []readerState, timeout time.Duration) error {
	if len(states) == 0 {
		return nil
	}
	size := C.size_t(unsafe.Sizeof(C.reader_state{}))
	p := C.calloc(C.size_t(len(states)), size)
	defer C.free(p)
	list := unsafe.Slice((*C.reader_state)(p), len(states))
	for i, s := range states {
		list[i].name = C.CString(s.name)
		defer C.free(unsafe.Pointer(list[i].name))
		list[i].current = C.uint32_t(s.current)
	}
	if err := result(C.station_status_change(m.context, milliseconds(timeout), &list[0], C.uint32_t(len(list)))); err != nil {
		return err
	}
	for i := range states {
		states[i].event = scard.StateFlag(list[i].event)
		states[i].atr = C.GoBytes(unsafe.Pointer(&list[i].atr[0]), C.int(list[i].atr_len))
	}
	return nil
}

func milliseconds(d time.Duration) C.uint32_t {
	const infinite = 0xFFFFFFFF // INFINITE
	if d < 0 {
		return infinite
	}
	return C.uint32_t(min(int64((d+time.Millisecond-1)/time.Millisecond), infinite-1))
}

func result(code C.uint32_t) error {
	if e := scard.Error(code); e != scard.ErrSuccess {
		return e
	}
	return nil
}
