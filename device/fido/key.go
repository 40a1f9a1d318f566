package fido

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/keys-pub/go-libfido2"

	"tapstation/device"
)

// key is a device.Key on libfido2, whatever lies between libfido2 and the key.
type key struct {
	name string // for errors
	link link
}

var _ device.Key = (*key)(nil)

// link is the way from libfido2 to one key.
type link interface {
	// info is what getInfo said, asked for where it is not known. Fresh: and where it may have changed in a way
	// that libfido2 need not know of.
	info(ctx context.Context, fresh bool) (device.Info, error)
	changed(what change)
	// operation is a new operation on the key.
	operation() *operation
}

// change is what an operation can change about a key's getInfo.
type change int

const (
	contents change = iota // the room left, which libfido2 does not look at
	settings               // anything
)

// do runs f as an operation on the key and names what was attempted in its error. A wrong PIN is a *device.PINError
// that tells the attempts left.
func (k *key) do(ctx context.Context, what string, op *operation, f func(*libfido2.Device) error) error {
	err := op.explain(op.run(ctx, f))
	var wrong *device.PINError
	if errors.As(err, &wrong) && !wrong.Blocked && !wrong.PowerCycle {
		if left, rerr := k.retries(ctx); rerr == nil {
			wrong.Retries, wrong.PowerCycle, wrong.Blocked = left.Left, left.PowerCycle, left.Left == 0
		}
	}
	return k.wrap(what, err)
}

// wrap names what was attempted, on which key.
func (k *key) wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s on %q: %w", what, k.name, err)
}

func (k *key) Info(ctx context.Context) (device.Info, error) {
	info, err := k.link.info(ctx, true)
	return info, k.wrap("read what the key can do", err)
}

func (k *key) PINRetries(ctx context.Context) (device.PINRetries, error) {
	const what = "read the PIN attempts left"
	info, err := k.link.info(ctx, false)
	if err != nil {
		return device.PINRetries{}, k.wrap(what, err)
	}
	if !info.PINCapable() {
		return device.PINRetries{}, k.wrap(what, device.ErrUnsupported)
	}
	left, err := k.retries(ctx)
	return left, k.wrap(what, err)
}

func (k *key) retries(ctx context.Context) (device.PINRetries, error) {
	op := k.link.operation()
	var left device.PINRetries
	err := op.explain(op.run(ctx, func(d *libfido2.Device) (err error) {
		left.Left, err = d.RetryCount()
		return err
	}))
	if err != nil || op.answer == nil {
		return left, err
	}
	var a struct {
		PowerCycle bool `cbor:"4,keyasint"`
	}
	if err := unmarshal("PIN attempts", op.answer, &a); err != nil {
		return device.PINRetries{}, err
	}
	left.PowerCycle = a.PowerCycle
	return left, nil
}

func (k *key) SetPIN(ctx context.Context, pin device.PIN) error {
	const what = "set the PIN"
	info, err := k.link.info(ctx, false)
	switch {
	case err != nil:
		return k.wrap(what, err)
	case !info.PINCapable():
		return k.wrap(what, device.ErrUnsupported)
	case info.PINSet():
		return k.wrap(what, fmt.Errorf("%w: it has a PIN", device.ErrNotAllowed))
	}
	if err := checkNew(pin, info); err != nil {
		return k.wrap(what, err)
	}
	defer k.link.changed(settings) // also when it failed: the answer may have been lost, not the command
	return k.do(ctx, what, k.link.operation(), func(d *libfido2.Device) error {
		return d.SetPIN(pin.Reveal(), "")
	})
}

func (k *key) ChangePIN(ctx context.Context, old, pin device.PIN) error {
	const what = "change the PIN"
	info, err := k.link.info(ctx, false)
	switch {
	case err != nil:
		return k.wrap(what, err)
	case !info.PINCapable():
		return k.wrap(what, device.ErrUnsupported)
	case !info.PINSet():
		return k.wrap(what, device.ErrPINNotSet)
	case old == "":
		return k.wrap(what, device.ErrPINRequired)
	}
	if err := errors.Join(checkPIN(old), checkNew(pin, info)); err != nil {
		return k.wrap(what, err)
	}
	defer k.link.changed(settings)
	return k.do(ctx, what, k.link.operation(), func(d *libfido2.Device) error {
		return d.SetPIN(pin.Reveal(), old.Reveal())
	})
}

func (k *key) ForcePINChange(ctx context.Context, pin device.PIN) error {
	return k.configure(ctx, "force a PIN change", pin, 0)
}

func (k *key) SetMinPINLength(ctx context.Context, pin device.PIN, length int) error {
	const what = "set the minimum PIN length"
	if length < defaultMinPINLength || length > longestPIN {
		return k.wrap(what, fmt.Errorf("%w: %d is not from %d to %d", device.ErrPINPolicy, length,
			defaultMinPINLength, longestPIN))
	}
	return k.configure(ctx, what, pin, length)
}

// configure sets the minimum PIN length, or with length 0 forces a PIN change (CTAP 2.1 §6.11.4).
func (k *key) configure(ctx context.Context, what string, pin device.PIN, length int) error {
	info, err := k.link.info(ctx, false)
	if err == nil && !(info.Option("authnrCfg") && info.Option("setMinPINLength")) {
		err = device.ErrUnsupported
	}
	if err == nil {
		err = checkUse(pin, info, true)
	}
	if err != nil {
		return k.wrap(what, err)
	}
	defer k.link.changed(settings)
	op := k.link.operation()
	return k.do(ctx, what, op, func(*libfido2.Device) error { return configure(op.path, pin, length) })
}

func (k *key) DeleteCredential(ctx context.Context, id []byte, pin device.PIN) error {
	const what = "delete a credential"
	info, err := k.link.info(ctx, false)
	if err == nil && !info.Option("credMgmt") && !info.Option("credentialMgmtPreview") {
		err = device.ErrUnsupported
	}
	if err == nil && len(id) == 0 {
		err = device.ErrNoCredentials
	}
	if err == nil {
		err = checkUse(pin, info, true)
	}
	if err != nil {
		return k.wrap(what, err)
	}
	defer k.link.changed(contents)
	return k.do(ctx, what, k.link.operation(), func(d *libfido2.Device) error {
		return d.DeleteCredential(id, pin.Reveal())
	})
}

func (k *key) Reset(ctx context.Context) error {
	const what = "reset"
	if _, err := k.link.info(ctx, false); err != nil {
		return k.wrap(what, err)
	}
	defer k.link.changed(settings)
	return k.do(ctx, what, k.link.operation(), func(d *libfido2.Device) error { return d.Reset() })
}

// longestPIN is in bytes of UTF-8 (CTAP 2.1 §6.5.1).
const longestPIN = 63

// checkUse tells what can be known of a PIN before it is tried, so that no attempt is spent on it, and no
// misleading answer comes back. Needed: the operation is not there without a PIN.
func checkUse(pin device.PIN, info device.Info, needed bool) error {
	switch {
	case pin == "" && needed && !info.Option("uv"):
		return device.ErrPINRequired
	case pin == "":
		return nil
	case !info.PINCapable():
		return device.ErrUnsupported
	case !info.PINSet():
		return device.ErrPINNotSet
	case info.ForcePIN:
		return device.ErrPINChange
	}
	return checkPIN(pin)
}

// checkPIN refuses what no key can have as its PIN, or libfido2 cannot pass on.
func checkPIN(pin device.PIN) error {
	switch s := pin.Reveal(); {
	case !utf8.ValidString(s), strings.ContainsRune(s, 0):
		return fmt.Errorf("%w: it has characters that a PIN cannot have", device.ErrPINPolicy)
	case len(s) > longestPIN:
		return fmt.Errorf("%w: it is longer than %d bytes", device.ErrPINPolicy, longestPIN)
	}
	return nil
}

// checkNew refuses what the key would refuse as its new PIN.
func checkNew(pin device.PIN, info device.Info) error {
	if utf8.RuneCountInString(pin.Reveal()) < info.MinPINLength {
		return fmt.Errorf("%w: it is shorter than %d characters", device.ErrPINPolicy, info.MinPINLength)
	}
	return checkPIN(pin)
}
