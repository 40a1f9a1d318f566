package fido

/*
#cgo linux windows LDFLAGS: -lfido2
#cgo linux windows LDFLAGS: -Wl,--wrap=fido_dev_open -Wl,--wrap=fido_dev_close
#cgo linux windows LDFLAGS: -Wl,--wrap=fido_dev_make_cred -Wl,--wrap=fido_dev_get_assert -Wl,--wrap=fido_dev_set_pin
#cgo linux windows LDFLAGS: -Wl,--wrap=fido_credman_get_dev_metadata -Wl,--wrap=fido_credman_get_dev_rp
#cgo linux windows LDFLAGS: -Wl,--wrap=fido_credman_get_dev_rk -Wl,--wrap=fido_credman_del_dev_rk
#cgo darwin,amd64 CFLAGS: -I/usr/local/opt/libfido2/include -I/usr/local/opt/openssl@3/include
#cgo darwin,arm64 CFLAGS: -I/opt/homebrew/opt/libfido2/include -I/opt/homebrew/opt/openssl@3/include
#include <stdlib.h>
#include "hook.h"
*/
import "C"

import (
	"unsafe"

	"github.com/keys-pub/go-libfido2"

	"tapstation/device"
)

// go-libfido2 logs what it also returns, and what a caller can do nothing about.
func init() { libfido2.SetLogger(libfido2.NewLogger(libfido2.ErrLevel - 1)) }

// fidoOpening is told which libfido2 device is about to open path, and says how.
//
//export fidoOpening
func fidoOpening(dev C.uintptr_t, path *C.char) C.int {
	op := operations.attach(uintptr(dev), C.GoString(path))
	if op != nil && op.session != nil {
		return C.OPENS_OVER_SESSION
	}
	return C.OPENS_BY_ITSELF
}

//export fidoOpened
func fidoOpened(dev C.uintptr_t) {
	if op := operations.of(uintptr(dev)); op != nil {
		op.opened = true
		op.setCancel(func() { C.fido_hook_cancel(dev) })
	}
}

//export fidoClosing
func fidoClosing(dev C.uintptr_t) {
	if op := operations.of(uintptr(dev)); op != nil {
		op.setCancel(nil)
	}
}

// fidoSend and fidoReceive are the two halves of an exchange, as libfido2 calls them.
//
//export fidoSend
func fidoSend(dev C.uintptr_t, cmd C.uchar, data *C.uchar, n C.size_t) C.int {
	op := operations.of(uintptr(dev))
	if op == nil || !op.send(byte(cmd), C.GoBytes(unsafe.Pointer(data), C.int(n))) {
		return -1
	}
	return 0
}

//export fidoReceive
func fidoReceive(dev C.uintptr_t, cmd C.uchar, data *C.uchar, n C.size_t) C.int {
	op := operations.of(uintptr(dev))
	if op == nil || len(op.pending) == 0 || len(op.pending) > int(n) {
		return -1
	}
	return C.int(copy(unsafe.Slice((*byte)(data), int(n)), op.pending))
}

// fidoExclude adds to a new credential the exclude list, for which go-libfido2 has no place.
//
//export fidoExclude
func fidoExclude(dev C.uintptr_t, cred *C.fido_cred_t) C.int {
	op := operations.of(uintptr(dev))
	if op == nil {
		return C.FIDO_OK
	}
	for _, id := range op.exclude {
		if r := C.fido_cred_exclude(cred, (*C.uchar)(unsafe.SliceData(id)), C.size_t(len(id))); r != C.FIDO_OK {
			return r
		}
	}
	return C.FIDO_OK
}

// fidoAsserted takes over all assertions, of which go-libfido2 returns the first.
//
//export fidoAsserted
func fidoAsserted(dev C.uintptr_t, assert *C.fido_assert_t) {
	op := operations.of(uintptr(dev))
	if op == nil {
		return
	}
	bytes := func(p *C.uchar, n C.size_t) []byte {
		if p == nil || n == 0 {
			return nil
		}
		return C.GoBytes(unsafe.Pointer(p), C.int(n))
	}
	for i := range C.fido_assert_count(assert) {
		op.assertions = append(op.assertions, device.Assertion{
			CredentialID: bytes(C.fido_assert_id_ptr(assert, i), C.fido_assert_id_len(assert, i)),
			AuthData:     bytes(C.fido_assert_authdata_ptr(assert, i), C.fido_assert_authdata_len(assert, i)),
			Signature:    bytes(C.fido_assert_sig_ptr(assert, i), C.fido_assert_sig_len(assert, i)),
			UserHandle:   bytes(C.fido_assert_user_id_ptr(assert, i), C.fido_assert_user_id_len(assert, i)),
		})
	}
}

// configure sets the minimum PIN length of the device at path, or with length 0 forces a PIN change.
func configure(path string, pin device.PIN, length int) error {
	cPath := C.CString(path)
	defer C.free(unsafe.Pointer(cPath))
	var cPIN *C.char // none: by the key's own user verification
	if pin != "" {
		cPIN = C.CString(pin.Reveal())
		defer C.free(unsafe.Pointer(cPIN)) // by then wiped
	}
	if r := C.fido_hook_configure(cPath, cPIN, C.size_t(length)); r != C.FIDO_OK {
		return libfido2.Error{Code: int(r)}
	}
	return nil
}
