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

func (k *key) GetAssertion(ctx context.Context, req device.AssertionRequest) ([]device.Assertion, error) {
	const what = "prove"
	fail := func(err error) ([]device.Assertion, error) { return nil, k.wrap(what, err) }
	switch {
	case len(req.ClientDataHash) != hashLen:
		return fail(fmt.Errorf("a client data hash of %d bytes", len(req.ClientDataHash)))
	case req.RPID == "" || strings.ContainsRune(req.RPID, 0) || !utf8.ValidString(req.RPID):
		return fail(fmt.Errorf("%q is no relying party ID", req.RPID))
	}
	info, err := k.link.info(ctx, false)
	if err != nil {
		return fail(err)
	}
	if err := checkUse(req.PIN, info, false); err != nil {
		return fail(err)
	}
	if len(req.Allow) == 0 {
		return k.assert(ctx, what, req)
	}
	allow := lists(req.Allow, info)
	switch len(allow) {
	case 0:
		return fail(device.ErrNoCredentials)
	case 1:
		req.Allow = allow[0]
	default:
		// Asked silently first, because presence counts for one assertion only.
		if req.Allow, err = k.find(ctx, what, req.RPID, allow, req.PIN); err != nil {
			return nil, err
		}
		if req.Allow == nil {
			return fail(device.ErrNoCredentials)
		}
	}
	return k.assert(ctx, what, req)
}

// find is the first of the lists with a credential of the relying party on the key, or nil.
func (k *key) find(ctx context.Context, what, rpID string, lists [][][]byte, pin device.PIN) ([][]byte, error) {
	for _, list := range lists {
		_, err := k.assert(ctx, what, device.AssertionRequest{
			ClientDataHash: make([]byte, hashLen), // of nothing: the assertion is thrown away
			RPID:           rpID, Allow: list, PIN: pin, Silent: true,
		})
		if err == nil {
			return list, nil
		}
		if !errors.Is(err, device.ErrNoCredentials) {
			return nil, err
		}
	}
	return nil, nil
}

// assert is one getAssertion with the getNextAssertion that follow it.
func (k *key) assert(ctx context.Context, what string, req device.AssertionRequest) ([]device.Assertion, error) {
	opts := libfido2.AssertionOpts{UP: libfido2.Default}
	if req.Silent {
		opts.UP = libfido2.False
	}
	op := k.link.operation()
	err := k.do(ctx, what, op, func(d *libfido2.Device) error {
		first, err := d.Assertion(req.RPID, req.ClientDataHash, req.Allow, req.PIN.Reveal(), &opts)
		if err == nil && op.assertions == nil {
			// Where the linker cannot wrap, the first is all that is told.
			op.assertions = []device.Assertion{{CredentialID: first.CredentialID, AuthData: first.AuthDataCBOR,
				Signature: first.Sig, UserHandle: first.User.ID}}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	for i := range op.assertions {
		a := &op.assertions[i]
		if a.AuthData, err = unwrap(a.AuthData); err != nil {
			return nil, k.wrap(what, &device.MalformedError{What: "assertion", Err: err})
		}
		if len(a.CredentialID) == 0 && len(req.Allow) == 1 {
			a.CredentialID = req.Allow[0] // a key need not say which, of one (CTAP 2.0 §5.2)
		}
		if len(a.CredentialID) == 0 || len(a.Signature) == 0 {
			return nil, k.wrap(what, &device.MalformedError{What: "assertion",
				Err: errors.New("it has no credential ID or no signature")})
		}
		if len(a.UserHandle) == 0 {
			a.UserHandle = nil
		}
	}
	return op.assertions, nil
}
