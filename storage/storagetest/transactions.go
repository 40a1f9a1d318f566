package storagetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	"tapstation/app/audit"
	"tapstation/app/directory"
)

// changeAll changes something of every kind.
func changeAll(tx directory.Tx) error {
	return errors.Join(
		tx.PutUser(user(1)),
		tx.PutGroup(directory.Group{Name: "Staff"}),
		tx.PutKey(key(1, "u0001")),
		tx.PutWorkspace(directory.Workspace{Name: "changed"}),
		tx.PutEnrollment(directory.Enrollment{UserID: "u0001"}),
		tx.PutTicket(ticket(1, "u0001", "")),
		tx.PutMessage(message(1, "u0001")),
		tx.PutMailTemplate(directory.MailTemplate{Kind: directory.PINMail, Language: "en"}),
		tx.PutSecret("s", []byte("sealed")),
		tx.AppendAudit(audit.Entry{Time: base, Act: audit.UserAdded}),
	)
}

// wantUnchanged fails when anything of changeAll is there.
func wantUnchanged(t *testing.T, s directory.Store) {
	t.Helper()
	view(t, s, func(tx directory.Tx) error {
		_, err := tx.User("u0001")
		wantErr(t, "User", err, directory.ErrNotFound)
		_, err = tx.UserByHandle(user(1).Handle)
		wantErr(t, "UserByHandle", err, directory.ErrNotFound)
		_, err = tx.Group("staff")
		wantErr(t, "Group", err, directory.ErrNotFound)
		_, err = tx.Key(key(1, "").ID)
		wantErr(t, "Key", err, directory.ErrNotFound)
		_, err = tx.Enrollment("u0001")
		wantErr(t, "Enrollment", err, directory.ErrNotFound)
		wantNoMail(t, tx)
		if w, _ := tx.Workspace(); w.Name == "changed" {
			t.Error("the workspace was changed")
		}
		if head, _ := tx.AuditHead(); head.Seq != 0 {
			t.Errorf("the audit log has %d entries", head.Seq)
		}
		wantUsers(t, tx, directory.UserQuery{Text: "ada"})
		return nil
	})
	update(t, s, func(tx directory.Tx) error { return tx.PutUser(user(99)) }) // and it still works
}

func failedUpdateKeepsNothing(t *testing.T, s directory.Store) {
	sentinel := errors.New("sentinel")
	err := s.Update(t.Context(), func(tx directory.Tx) error { return errors.Join(changeAll(tx), sentinel) })
	wantErr(t, "Update", err, sentinel)
	wantUnchanged(t, s)
}

func panicKeepsNothing(t *testing.T, s directory.Store) {
	for name, run := range map[string]func(context.Context, func(directory.Tx) error) error{"Update": s.Update, "View": s.View} {
		func() {
			defer func() {
				if r := recover(); r != "ouch" {
					t.Errorf("%s: recovered %v, want the panic of the function", name, r)
				}
			}()
			_ = run(t.Context(), func(tx directory.Tx) error {
				if name == "Update" {
					if err := changeAll(tx); err != nil {
						t.Error(err)
					}
				}
				panic("ouch")
			})
		}()
	}
	wantUnchanged(t, s)
}

func endedContextKeepsNothing(t *testing.T, s directory.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	err := s.Update(ctx, func(tx directory.Tx) error {
		defer cancel()
		return changeAll(tx)
	})
	wantErr(t, "Update whose context ended", err, context.Canceled)
	ran := false
	for name, run := range map[string]func(context.Context, func(directory.Tx) error) error{"Update": s.Update, "View": s.View} {
		err := run(ctx, func(directory.Tx) error { ran = true; return nil })
		wantErr(t, name+" with an ended context", err, context.Canceled)
	}
	if ran {
		t.Error("a function was run for a context that had ended")
	}
	wantUnchanged(t, s)
}

func updateSeesItsOwnChanges(t *testing.T, s directory.Store) {
	update(t, s, func(tx directory.Tx) error {
		for range 2 {
			if err := changeAll(tx); err != nil {
				return err
			}
			wantUsers(t, tx, directory.UserQuery{Text: "byron1", Group: "staff"}, "u0001")
			got, err := tx.KeyByCredential(key(1, "").Credential.ID)
			wantErr(t, "KeyByCredential", err, nil)
			equal(t, "key", got, key(1, "u0001"))
			page, err := tx.Keys(directory.KeyQuery{UserID: "U0001"})
			wantErr(t, "Keys", err, nil)
			equal(t, "keys", page.Keys, []directory.SecurityKey{key(1, "u0001")})
		}
		head, err := tx.AuditHead()
		if head.Seq != 2 {
			t.Errorf("the audit log ends at %d within the transaction, want 2", head.Seq)
		}
		if err := tx.DeleteUser("u0001"); err != nil {
			return err
		}
		wantUsers(t, tx, directory.UserQuery{Text: "ada"})
		return err
	})
}

func viewChangesNothing(t *testing.T, s directory.Store) {
	for _, state := range []string{"an empty store", "a store with a user"} {
		err := s.View(t.Context(), func(tx directory.Tx) error {
			for name, err := range map[string]error{
				"PutUser": tx.PutUser(user(1)), "PutKey": tx.PutKey(key(1, "a")), "PutGroup": tx.PutGroup(directory.Group{Name: "g"}),
				"PutWorkspace": tx.PutWorkspace(directory.Workspace{}), "PutEnrollment": tx.PutEnrollment(directory.Enrollment{UserID: "a"}),
				"PutTicket": tx.PutTicket(ticket(1, "a", "")), "PutMessage": tx.PutMessage(message(1, "a")), "PutSecret": tx.PutSecret("s", nil),
				"PutMailTemplate": tx.PutMailTemplate(directory.MailTemplate{Kind: directory.PINMail, Language: "en"}),
				"AppendAudit":     tx.AppendAudit(audit.Entry{}),
			} {
				if err == nil {
					t.Errorf("%s worked within a View of %s", name, state)
				}
			}
			return nil
		})
		wantErr(t, "View", err, nil)
		putUsers(t, s, user(2))
	}
	view(t, s, func(tx directory.Tx) error {
		wantUsers(t, tx, directory.UserQuery{}, "u0002")
		return nil
	})
}

func txIsOver(t *testing.T, s directory.Store) {
	putUsers(t, s, user(1))
	var kept []directory.Tx
	view(t, s, func(tx directory.Tx) error { kept = append(kept, tx); return nil })
	update(t, s, func(tx directory.Tx) error { kept = append(kept, tx); return nil })
	for _, tx := range kept {
		if _, err := tx.User("u0001"); err == nil || errors.Is(err, directory.ErrNotFound) {
			t.Errorf("User on a Tx that is over: %v, want an error that says so", err)
		}
		if err := tx.PutUser(user(2)); err == nil {
			t.Error("PutUser worked on a Tx that is over")
		}
	}
}

func recordsAreCopies(t *testing.T, s directory.Store) {
	u, k, e := user(1), key(1, "u0001"), directory.Enrollment{UserID: "u0001", Replaces: []string{"a"}, SealedPIN: []byte("pin")}
	entry := audit.Entry{Time: base, Act: audit.UserAdded, Detail: map[string]string{"a": "b"}}
	spoil := func(u directory.User, k directory.SecurityKey, e directory.Enrollment, entry audit.Entry) {
		u.Handle[0], u.Groups[0] = u.Handle[0]+1, "spoilt"
		k.Credential.ID[0], k.Mark.UID[0], k.SealedPIN[0] = 'X', 'X', 'X'
		e.Replaces[0], e.SealedPIN[0] = "spoilt", 'X'
		entry.Detail["a"] = "spoilt"
	}
	update(t, s, func(tx directory.Tx) error {
		err := errors.Join(tx.PutUser(u), tx.PutKey(k), tx.PutEnrollment(e), tx.AppendAudit(entry))
		spoil(u, k, e, entry)
		return err
	})
	read := func(tx directory.Tx) (directory.User, directory.SecurityKey, directory.Enrollment, audit.Entry) {
		u, err1 := tx.User("u0001")
		k, err2 := tx.Key(key(1, "").ID)
		e, err3 := tx.Enrollment("u0001")
		entries, err4 := tx.Audit(directory.AuditQuery{})
		if err := errors.Join(err1, err2, err3, err4); err != nil || len(entries) != 1 {
			t.Fatalf("read back: %v, %d entries", err, len(entries))
		}
		return u, k, e, entries[0]
	}
	for range 2 {
		view(t, s, func(tx directory.Tx) error {
			u, k, e, entry := read(tx)
			equal(t, "user", u, user(1))
			equal(t, "key", k, key(1, "u0001"))
			equal(t, "enrollment", e, directory.Enrollment{UserID: "u0001", Replaces: []string{"a"}, SealedPIN: []byte("pin")})
			equal(t, "detail", entry.Detail, map[string]string{"a": "b"})
			spoil(u, k, e, entry)
			return nil
		})
	}
}

func concurrentUpdatesLoseNothing(t *testing.T, s directory.Store) {
	const workers, each = 8, 10
	putUsers(t, s, directory.User{ID: "counter", UserName: "0"})
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				err := s.Update(t.Context(), func(tx directory.Tx) error {
					u, err := tx.User("counter")
					if err != nil {
						return err
					}
					n, err := strconv.Atoi(u.UserName)
					if err != nil {
						return err
					}
					u.UserName = strconv.Itoa(n + 1)
					own := directory.User{ID: fmt.Sprintf("own-%d-%d", w, i)}
					return errors.Join(tx.PutUser(u), tx.PutUser(own))
				})
				if err != nil {
					t.Errorf("Update: %v", err)
				}
			}
		})
	}
	wg.Wait()
	view(t, s, func(tx directory.Tx) error {
		u, err := tx.User("counter")
		if u.UserName != strconv.Itoa(workers*each) {
			t.Errorf("the counter stands at %s after %d updates", u.UserName, workers*each)
		}
		page, _ := tx.Users(directory.UserQuery{Text: "own", Limit: 1000})
		if len(page.Users) != workers*each {
			t.Errorf("%d of %d users are there", len(page.Users), workers*each)
		}
		return err
	})
}

// viewIsConsistent: two records that always change together are never seen apart.
func viewIsConsistent(t *testing.T, s directory.Store) {
	set := func(n int) func(directory.Tx) error {
		return func(tx directory.Tx) error {
			return errors.Join(tx.PutUser(directory.User{ID: "a", UserName: fmt.Sprint(n)}),
				tx.PutGroup(directory.Group{Name: "b", Description: fmt.Sprint(n)}))
		}
	}
	update(t, s, set(0))
	var wg sync.WaitGroup
	wg.Go(func() {
		for n := range 40 {
			if err := s.Update(t.Context(), set(n)); err != nil {
				t.Errorf("Update: %v", err)
			}
		}
	})
	for range 3 {
		wg.Go(func() {
			for range 40 {
				err := s.View(t.Context(), func(tx directory.Tx) error {
					u, err1 := tx.User("a")
					g, err2 := tx.Group("b")
					again, err3 := tx.User("a")
					if u.UserName != g.Description || u.UserName != again.UserName {
						t.Errorf("one View saw %s, %s and %s", u.UserName, g.Description, again.UserName)
					}
					return errors.Join(err1, err2, err3)
				})
				if err != nil {
					t.Errorf("View: %v", err)
				}
			}
		})
	}
	wg.Wait()
}

// largestRecordsFit: what the rules of the directory allow at most, in characters of four bytes.
func largestRecordsFit(t *testing.T, s directory.Store) {
	wide := func(n int) string { return strings.Repeat("𝔄", n) }
	u := user(1)
	u.ID, u.UserName, u.FirstName, u.LastName = wide(directory.MaxUserID), wide(directory.MaxName), wide(directory.MaxName), wide(directory.MaxName)
	u.Handle = bytes.Repeat([]byte{1}, 64)
	u.Groups = nil
	for i := range directory.MaxGroups {
		u.Groups = append(u.Groups, wide(directory.MaxGroupName-3)+fmt.Sprintf("%03d", i))
	}
	k := key(1, u.ID)
	k.Name = wide(directory.MaxKeyName)
	k.Credential.ID = bytes.Repeat([]byte{2}, 4096)
	k.Credential.PublicKey = bytes.Repeat([]byte{3}, 4096)
	k.SealedPIN = bytes.Repeat([]byte{4}, 64<<10)
	e := directory.Enrollment{UserID: u.ID, Credential: k.Credential, SealedPIN: k.SealedPIN, Started: base, Changed: base}
	update(t, s, func(tx directory.Tx) error {
		return errors.Join(tx.PutUser(u), tx.PutKey(k), tx.PutEnrollment(e))
	})
	view(t, s, func(tx directory.Tx) error {
		got, err := tx.User(u.ID)
		wantErr(t, "User", err, nil)
		equal(t, "user", got, u)
		gotKey, err := tx.KeyByCredential(k.Credential.ID)
		wantErr(t, "KeyByCredential", err, nil)
		equal(t, "key", gotKey, k)
		gotE, err := tx.Enrollment(u.ID)
		equal(t, "enrollment", gotE, e)
		wantUsers(t, tx, directory.UserQuery{Group: u.Groups[99], Text: wide(directory.MaxName)}, u.ID)
		return err
	})
	tooLarge := user(2)
	tooLarge.UserName = strings.Repeat("x", 8<<20)
	if err := s.Update(t.Context(), func(tx directory.Tx) error { return tx.PutUser(tooLarge) }); err == nil {
		t.Error("a user of 8 MiB was kept")
	}
	for _, id := range []string{"", "a\x00b", "a\xffb", strings.Repeat("x", 5000)} {
		if err := s.Update(t.Context(), func(tx directory.Tx) error { return tx.PutUser(directory.User{ID: id}) }); err == nil {
			t.Errorf("a user with the ID %.20q was kept", id)
		}
	}
}

func closedStoreRefuses(t *testing.T, s directory.Store) {
	putUsers(t, s, user(1))
	if err := s.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	for name, run := range map[string]func(context.Context, func(directory.Tx) error) error{"Update": s.Update, "View": s.View} {
		if err := run(t.Context(), func(directory.Tx) error { return nil }); err == nil {
			t.Errorf("%s worked on a closed store", name)
		}
	}
}
