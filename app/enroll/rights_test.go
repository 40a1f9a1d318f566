package enroll_test

import (
	"errors"
	"testing"

	"tapstation/app/directory"
	"tapstation/app/enroll"
)

// admit makes a user an admin.
func (s *station) admit(id string, role directory.Role) {
	s.t.Helper()
	s.addUser(id)
	err := s.Directory.Store.Update(s.t.Context(), func(tx directory.Tx) error {
		return tx.PutAdmin(directory.Admin{UserID: id, Role: role})
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

func TestRoleWithdrawnMidwayLeavesNoKey(t *testing.T) {
	for step, last := range map[enroll.StepKind]bool{enroll.SetPIN: false, enroll.Register: false, enroll.Prove: true, enroll.Save: true} {
		s := newStation(t)
		s.admit("bob", directory.Operator)
		card := blank(t, 1)
		req := request(directory.PIN)
		req.Actor = "admin:bob"
		_, err := s.enroll(card, req, &person{t: t, progress: func(now enroll.Step) {
			if now.Kind != step {
				return
			}
			if err := s.Directory.Store.Update(t.Context(), func(tx directory.Tx) error { return tx.DeleteAdmin("bob") }); err != nil &&
				!errors.Is(err, directory.ErrNotFound) {
				t.Error(err)
			}
		}})
		var refused *enroll.RefusedError
		if !errors.Is(err, directory.ErrForbidden) || errors.As(err, &refused) != last {
			t.Errorf("role withdrawn at step %v: %v, want it forbidden, and taken back off the card: %t", step, err, last)
		}
		_, keys, err := s.Directory.User(t.Context(), "ada")
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range keys {
			if k.State == directory.Active {
				t.Errorf("role withdrawn at step %v: the key is active", step)
			}
		}
		s.noJournal()
		if n := card.Credentials(); n != 0 {
			t.Errorf("role withdrawn at step %v: the card holds %d credentials, want none", step, n)
		}
	}
}

func TestCardOfAnAdminWhoMayMoreIsNotReplaced(t *testing.T) {
	s := newStation(t)
	s.admit("bob", directory.Operator)
	s.admit("eve", directory.Owner)
	card := blank(t, 1)
	req := request(directory.PINless)
	req.UserID = "eve"
	if _, err := s.enroll(card, req, &person{t: t}); err != nil {
		t.Fatal(err)
	}
	card.Reset()
	req = request(directory.PINless)
	req.Actor = "admin:bob"
	p := &person{t: t, confirm: map[enroll.QuestionKind]bool{enroll.ReplaceKey: true}}
	if _, err := s.enroll(card, req, p); !errors.Is(err, directory.ErrForbidden) {
		t.Errorf("an operator replaces the owner's key: %v, want it forbidden", err)
	}
	_, keys, err := s.Directory.User(t.Context(), "eve")
	if err != nil || len(keys) != 1 || keys[0].State != directory.Active {
		t.Errorf("the owner's keys are %+v (%v), want the one, active", keys, err)
	}
}
