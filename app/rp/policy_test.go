package rp_test

import (
	"errors"
	"testing"

	"tapstation/app/directory"
	"tapstation/app/rp"
	"tapstation/device/virtual"
)

func TestPolicyOfTheWorkspace(t *testing.T) {
	model, other := [16]byte{1, 2, 3}, [16]byte{9}
	for _, test := range []struct {
		name   string
		policy directory.Workspace
		card   virtual.Options
		want   error
	}{
		{"attestation by a maker", directory.Workspace{Attestation: directory.AttestationRequired}, virtual.Options{AAGUID: model, Attestation: virtual.CertAttestation}, nil},
		{"attestation by itself", directory.Workspace{Attestation: directory.AttestationRequired}, virtual.Options{AAGUID: model}, rp.ErrAttestation},
		{"no attestation", directory.Workspace{Attestation: directory.AttestationRequired}, virtual.Options{AAGUID: model, Attestation: virtual.NoAttestation}, rp.ErrAttestation},
		{"none demanded, none there", directory.Workspace{}, virtual.Options{Attestation: virtual.NoAttestation}, nil},
		{"an allowed model", directory.Workspace{AllowedAAGUIDs: [][16]byte{other, model}}, virtual.Options{AAGUID: model}, nil},
		{"no allowed model", directory.Workspace{AllowedAAGUIDs: [][16]byte{other}}, virtual.Options{AAGUID: model}, rp.ErrModel},
		{"a model untold", directory.Workspace{AllowedAAGUIDs: [][16]byte{other}}, virtual.Options{}, rp.ErrModel},
		{"a denied model", directory.Workspace{DeniedAAGUIDs: [][16]byte{model}}, virtual.Options{AAGUID: model}, rp.ErrModel},
		{"another is denied", directory.Workspace{DeniedAAGUIDs: [][16]byte{other}}, virtual.Options{AAGUID: model}, nil},
		{"allowed and denied", directory.Workspace{AllowedAAGUIDs: [][16]byte{model}, DeniedAAGUIDs: [][16]byte{model}}, virtual.Options{AAGUID: model}, rp.ErrModel},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.policy.Name, test.policy.RPID = "W", "example.com"
			p, err := rp.NewWorkspace(test.policy)
			if err != nil {
				t.Fatal(err)
			}
			_, err = register(t, p, key(t, test.card), directory.PINless, "", nil)
			if !errors.Is(err, test.want) {
				t.Fatalf("finish: %v, want %v", err, test.want)
			}
			var refused *rp.ModelError
			if errors.Is(test.want, rp.ErrModel) && (!errors.As(err, &refused) || refused.AAGUID != test.card.AAGUID) {
				t.Errorf("the model told is %v, want %x", err, test.card.AAGUID)
			}
		})
	}
}
