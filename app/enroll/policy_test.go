package enroll_test

import (
	"errors"
	"testing"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/app/enroll"
	"tapstation/app/rp"
	"tapstation/device/virtual"
)

// policy sets the workspace's rules.
func (s *station) policy(change func(*directory.Workspace)) {
	s.t.Helper()
	w, err := s.Directory.Workspace(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	change(&w)
	if err := s.Directory.SetWorkspace(s.t.Context(), "os:test", w); err != nil {
		s.t.Fatal(err)
	}
}

func (s *station) lastAct() audit.Entry {
	s.t.Helper()
	last, err := s.Directory.Audit(s.t.Context(), "os:test", directory.AuditQuery{Last: 1})
	if err != nil || len(last) != 1 {
		s.t.Fatalf("last audit entry: %v, %v", last, err)
	}
	return last[0]
}

func TestModelThatIsNotTakenIsRefusedBeforeAnythingIsWritten(t *testing.T) {
	model := [16]byte{1, 2, 3}
	for name, change := range map[string]func(*directory.Workspace){
		"denied":      func(w *directory.Workspace) { w.DeniedAAGUIDs = [][16]byte{{9}, model} },
		"not allowed": func(w *directory.Workspace) { w.AllowedAAGUIDs = [][16]byte{{9}} },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStation(t)
			s.policy(change)
			card := newCard(t, virtual.Options{AAGUID: model, UID: []byte{4, 1, 2, 3, 4, 5, 1}})
			_, err := s.enroll(card, chosen(), &person{t: t})
			var refused *rp.ModelError
			if !errors.As(err, &refused) || refused.AAGUID != model {
				t.Fatalf("enroll: %v, want a ModelError", err)
			}
			s.reader.Remove()
			s.untouched(card)
			if n := card.Faults().APDUs(); n > 2 {
				t.Errorf("%d APDUs to find that out, want SELECT and getInfo", n)
			}
			if e := s.lastAct(); e.Act != audit.EnrollmentRefused || e.User != "ada" || e.Detail["reason"] == "" {
				t.Errorf("on record: %+v, want the refusal and why", e)
			}
			s.policy(func(w *directory.Workspace) { w.AllowedAAGUIDs, w.DeniedAAGUIDs = [][16]byte{model}, nil })
			if _, err := s.enroll(card, chosen(), &person{t: t}); err != nil {
				t.Errorf("taken: %v", err)
			}
		})
	}
}

func TestAttestationIsDemanded(t *testing.T) {
	for _, test := range []struct {
		name string
		how  virtual.Attestation
		want error
	}{
		{"by its maker", virtual.CertAttestation, nil},
		{"by itself", virtual.SelfAttestation, rp.ErrAttestation},
		{"none", virtual.NoAttestation, rp.ErrAttestation},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newStation(t)
			s.policy(func(w *directory.Workspace) { w.Attestation = directory.AttestationRequired })
			card := newCard(t, virtual.Options{AAGUID: [16]byte{1}, UID: []byte{4, 1, 2, 3, 4, 5, 1}, Attestation: test.how})
			_, err := s.enroll(card, chosen(), &person{t: t})
			if !errors.Is(err, test.want) {
				t.Fatalf("enroll: %v, want %v", err, test.want)
			}
			if test.want == nil {
				return
			}
			var refused *enroll.RefusedError
			if !errors.As(err, &refused) || !refused.Removed {
				t.Errorf("enroll: %v, want a RefusedError, the credential removed", err)
			}
			if n := card.Credentials(); n != 0 {
				t.Errorf("the card has %d credentials, want none", n)
			}
			s.noJournal()
			if e := s.lastAct(); e.Act != audit.EnrollmentRefused {
				t.Errorf("on record: %+v, want the refusal", e)
			}
		})
	}
}

func TestPINlessIsRefusedWhereAPINIsDemanded(t *testing.T) {
	s := newStation(t)
	card := blank(t, 1)
	key := s.mustEnroll(card, pinless()).Key
	s.policy(func(w *directory.Workspace) { w.RequirePIN = true })
	if _, err := s.enroll(blank(t, 2), pinless(), &person{t: t}); !errors.Is(err, directory.ErrPINDemanded) {
		t.Errorf("enroll: %v, want ErrPINDemanded", err)
	}
	s.reader.Remove()
	changed, err := s.ChangePIN(t.Context(), enroll.PINChange{KeyID: key.ID, Actor: "os:test"}, func() *person {
		s.reader.Insert(card)
		return holder(t, false)
	}())
	if err != nil || changed.Verification != directory.PIN {
		t.Errorf("a key from before gets a PIN: %s, %v, want it verified by that", changed.Verification, err)
	}
}
