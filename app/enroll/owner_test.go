package enroll_test

import (
	"errors"
	"fmt"
	"testing"

	"tapstation/app/directory"
	"tapstation/app/enroll"
	"tapstation/device/virtual"
)

// TestCardThatIsAKeyAlready covers cards known by their UID and cards that have none.
func TestCardThatIsAKeyAlready(t *testing.T) {
	for _, options := range []virtual.Options{{UID: []byte{4, 7, 7, 7, 7, 7, 7}}, {RandomUID: true}, {}} {
		for _, owner := range []string{"ada", "bob"} {
			for _, v := range []directory.Verification{directory.PINless, directory.PIN} {
				t.Run(fmt.Sprintf("UID %x random %t of %s %s", options.UID, options.RandomUID, owner, v), func(t *testing.T) {
					s := newStation(t)
					s.addUser("bob")
					card := newCard(t, options)
					req := request(v)
					req.UserID = owner
					first := s.mustEnroll(card, req)
					before := card.Faults().APDUs()

					who := &person{t: t}
					_, err := s.enroll(card, request(v), who)
					var owned *enroll.AlreadyEnrolledError
					if !errors.As(err, &owned) {
						t.Fatalf("enroll a card that is a key already: %v, want an AlreadyEnrolledError", err)
					}
					if owned.Owner.ID != owner || owned.Key.ID != first.Key.ID {
						t.Errorf("it is said to be %s's key %s, want %s's %s", owned.Owner.ID, owned.Key.ID, owner, first.Key.ID)
					}
					if n := card.Credentials(); n != 1 {
						t.Errorf("the card has %d credentials, want 1 as before", n)
					}
					if n := card.Faults().APDUs() - before; n > 3 {
						t.Errorf("%d APDUs to find that out, want SELECT, getInfo and one assertion", n)
					}
					if len(who.asked) != 0 {
						t.Error("a PIN was asked for before the card was known to be free")
					}
					s.noJournal()
				})
			}
		}
	}
}

func TestReplacingRevokesTheKeyThatWas(t *testing.T) {
	for _, owner := range []string{"ada", "bob"} {
		t.Run(owner, func(t *testing.T) {
			s := newStation(t)
			s.addUser("bob")
			card := blank(t, 1)
			req := request(directory.PINless)
			req.UserID = owner
			first := s.mustEnroll(card, req)
			got, err := s.enroll(card, request(directory.PINless),
				&person{t: t, confirm: map[enroll.QuestionKind]bool{enroll.ReplaceKey: true}})
			if err != nil {
				t.Fatal(err)
			}
			old, err := s.Directory.Key(t.Context(), first.Key.ID)
			if err != nil || old.State != directory.Revoked {
				t.Errorf("the key that was: %s (%v), want revoked", old.State, err)
			}
			if got.Key.State != directory.Active || got.Key.UserID != "ada" {
				t.Errorf("the new key: %+v, want ada's, active", got.Key)
			}
			cached, err := s.Directory.Offline.Keys(t.Context())
			if err != nil || len(cached) != 1 || cached[0] != got.Key.ID {
				t.Errorf("the offline cache holds %v (%v), want only %s", cached, err, got.Key.ID)
			}
		})
	}
}

// TestUIDAloneDecidesNothing: a card that was reset elsewhere is free again, though its UID is that of a key.
func TestUIDAloneDecidesNothing(t *testing.T) {
	s := newStation(t)
	s.addUser("bob")
	card := blank(t, 1)
	req := request(directory.PINless)
	req.UserID = "bob"
	s.mustEnroll(card, req)
	c := s.session(card)
	if err := c.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.Close()
	if _, err := s.enroll(card, request(directory.PINless), &person{t: t}); err != nil {
		t.Errorf("enroll a card that was reset: %v", err)
	}
}

func TestFullCardMayReplaceItsKey(t *testing.T) {
	s := newStation(t)
	card := newCard(t, virtual.Options{Capacity: 1, UID: []byte{4, 1, 1, 1}})
	s.mustEnroll(card, request(directory.PINless))
	who := &person{t: t, confirm: map[enroll.QuestionKind]bool{enroll.ReplaceKey: true}}
	if _, err := s.enroll(card, request(directory.PINless), who); err != nil {
		t.Errorf("replace the only credential there is room for: %v", err)
	}
}
