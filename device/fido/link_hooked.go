//go:build !darwin

package fido

// hooked tells whether hook.c stands between go-libfido2 and libfido2.
const hooked = true

func cardLink(s Session) link { return newSessionLink(s) }
