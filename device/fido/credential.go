package fido

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/keys-pub/go-libfido2"

	"tapstation/device"
)

const (
	hashLen       = 32 // bytes, SHA-256
	longestHandle = 64 // bytes, WebAuthn §5.4.3
	// longestName is how much of a name is sent, in bytes: authenticators keep that much (WebAuthn §6.4.1) and may
	// throw away the rest.
	longestName = 64
)

// algorithms are the COSE algorithms that go-libfido2 can register with, the preferred first.
var algorithms = []int{int(libfido2.ES256), int(libfido2.EDDSA), int(libfido2.RS256)}

func (k *key) MakeCredential(ctx context.Context, req device.CredentialRequest) (device.Credential, error) {
	const what = "register"
	fail := func(err error) (device.Credential, error) { return device.Credential{}, k.wrap(what, err) }
	if err := checkRequest(req); err != nil {
		return fail(err)
	}
	info, err := k.link.info(ctx, false)
	if err != nil {
		return fail(err)
	}
	if err := checkUse(req.PIN, info, false); err != nil {
		return fail(err)
	}
	algorithm, err := choose(req.Algorithms, info.Algorithms)
	if err != nil {
		return fail(err)
	}
	exclude := lists(req.Exclude, info)
	op := k.link.operation()
	switch {
	case len(exclude) == 1 && hooked:
		op.exclude = exclude[0]
	case len(exclude) > 0:
		// More than one request can carry (CTAP 2.1 §6.1.2 step 3 lets a platform ask in portions).
		found, err := k.find(ctx, what, req.RPID, exclude, req.PIN)
		if err != nil {
			return device.Credential{}, err
		}
		if found != nil {
			return fail(device.ErrExcluded)
		}
	}
	var att *libfido2.Attestation
	defer k.link.changed(contents)
	err = k.do(ctx, what, op, func(d *libfido2.Device) (err error) {
		att, err = d.MakeCredential(req.ClientDataHash,
			libfido2.RelyingParty{ID: req.RPID, Name: shorten(req.RPName)},
			libfido2.User{ID: req.UserHandle, Name: shorten(req.UserName), DisplayName: shorten(req.UserDisplay)},
			libfido2.CredentialType(algorithm), req.PIN.Reveal(), &libfido2.MakeCredentialOpts{RK: libfido2.True})
		if op.made() {
			// The card has answered. libfido2 may still not read it, for it takes 4096 bytes and four formats: the
			// answer itself decides.
			return nil
		}
		return err
	})
	if err != nil {
		return device.Credential{}, err
	}
	cred, err := op.credential(att)
	return cred, k.wrap(what, err)
}

// made tells whether the last answer of a card was a new credential.
func (op *operation) made() bool {
	return op.err == nil && op.command == cmdMakeCredential && op.status == 0 && op.answer != nil
}

// credential is what a key answered to makeCredential, from the answer itself where that is seen, which then must
// agree with what libfido2 made of it, if anything.
func (op *operation) credential(att *libfido2.Attestation) (device.Credential, error) {
	if !op.made() {
		return fromLibrary(att)
	}
	cred, err := parseCredential(op.answer)
	if err != nil || att == nil {
		return cred, err
	}
	if authData, err := unwrap(att.AuthData); err != nil || !bytes.Equal(authData, cred.AuthData) ||
		!bytes.Equal(att.CredentialID, cred.ID) || att.Format != cred.Format {
		return device.Credential{}, &device.MalformedError{What: "attestation",
			Err: errors.New("libfido2 reads it differently")}
	}
	return cred, nil
}

func checkRequest(req device.CredentialRequest) error {
	texts := req.RPID + req.RPName + req.UserName + req.UserDisplay
	switch {
	case len(req.ClientDataHash) != hashLen:
		return fmt.Errorf("a client data hash of %d bytes", len(req.ClientDataHash))
	case req.RPID == "":
		return errors.New("no relying party ID")
	case len(req.UserHandle) == 0 || len(req.UserHandle) > longestHandle:
		return fmt.Errorf("a user handle of %d bytes", len(req.UserHandle))
	case req.UserName == "":
		return errors.New("no user name")
	case strings.ContainsRune(texts, 0), !utf8.ValidString(texts):
		return errors.New("a name that is not text")
	}
	return nil
}

// choose is the first wanted algorithm that the key, if it says, and libfido2 can do.
func choose(wanted, offered []int) (int, error) {
	if len(wanted) == 0 {
		wanted = algorithms
	}
	for _, a := range wanted {
		if slices.Contains(algorithms, a) && (len(offered) == 0 || slices.Contains(offered, a)) {
			return a, nil
		}
	}
	return 0, fmt.Errorf("%w: it offers the algorithms %v, wanted are %v", device.ErrUnsupported, offered, wanted)
}

// shorten cuts a name at a character.
func shorten(name string) string {
	if len(name) <= longestName {
		return name
	}
	n := longestName
	for !utf8.RuneStart(name[n]) {
		n--
	}
	return name[:n]
}

// Room in a request for credential IDs, in bytes: a request has at most MaxMsgSize, all but the list fits in
// besidesList, and each ID comes with its type and lengths.
const (
	besidesList = 640
	besidesID   = 32
)

// lists splits credential IDs into as few lists as the key takes (maxCredentialCountInList, maxMsgSize), without
// those that cannot be on it.
func lists(ids [][]byte, info device.Info) [][][]byte {
	var lists [][][]byte
	var list [][]byte
	size := 0
	for _, id := range ids {
		if len(id) == 0 || info.MaxCredentialIDLen > 0 && len(id) > info.MaxCredentialIDLen {
			continue
		}
		full := info.MaxCredentialsInList > 0 && len(list) == info.MaxCredentialsInList
		if len(list) > 0 && (full || size+len(id)+besidesID > info.MaxMsgSize-besidesList) {
			lists, list, size = append(lists, list), nil, 0
		}
		list, size = append(list, id), size+len(id)+besidesID
	}
	if len(list) > 0 {
		lists = append(lists, list)
	}
	return lists
}
