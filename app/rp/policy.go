package rp

import (
	"errors"
	"fmt"

	"github.com/go-webauthn/webauthn/metadata"
	"github.com/go-webauthn/webauthn/protocol"

	"tapstation/app/directory"
)

// What a workspace's policy refuses of keys that are genuine otherwise.
var (
	// ErrModel is a key of a model that is not taken; it comes as a *ModelError.
	ErrModel = errors.New("keys of this model are not taken")
	// ErrAttestation: no maker's key vouches for what the key is.
	ErrAttestation = errors.New("the key does not prove its make")
)

// ModelError tells which model is not taken. It is an ErrModel.
type ModelError struct {
	AAGUID [16]byte
}

func (e *ModelError) Error() string {
	if e.AAGUID == [16]byte{} {
		return "keys that do not tell their model are not taken"
	}
	return fmt.Sprintf("keys of model %s are not taken", directory.FormatAAGUID(e.AAGUID))
}

func (e *ModelError) Unwrap() error { return ErrModel }

// TakesModel fails with *ModelError when the workspace does not take keys of this model.
func TakesModel(w directory.Workspace, aaguid [16]byte) error {
	if !w.TakesModel(aaguid) {
		return &ModelError{AAGUID: aaguid}
	}
	return nil
}

// checkPolicy looks at a registration whose signatures hold.
func (p *Workspace) checkPolicy(made protocol.AttestationObject, cred directory.Credential) error {
	if p.workspace.Attestation == directory.AttestationRequired {
		switch metadata.AuthenticatorAttestationType(made.Type) {
		case metadata.BasicFull, metadata.AttCA, metadata.AnonCA:
		default: // none, or signed by the new credential itself
			return fmt.Errorf("%w: attestation %q is %q", ErrAttestation, made.Format, made.Type)
		}
	}
	return TakesModel(p.workspace, cred.AAGUID)
}
