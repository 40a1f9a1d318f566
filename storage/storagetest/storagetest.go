// Package storagetest is the contract of directory.Store: every store passes all of Run. It also opens a store for the
// tests of others, and checks it when they are done.
package storagetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tapstation/app/directory"
	"tapstation/storage/bolt"
)

// Open is a new, empty store in a folder of the test's own. When the test is over, the store is read whole and must be
// sound.
func Open(t testing.TB) *bolt.Store {
	t.Helper()
	s := bolt.New(filepath.Join(t.TempDir(), "data", bolt.Name))
	checkAtEnd(t, s)
	return s
}

// checker is what a store has that can tell whether it is sound.
type checker interface {
	Check(context.Context) error
}

func checkAtEnd(t testing.TB, s directory.Store) {
	t.Cleanup(func() {
		if c, ok := s.(checker); ok {
			if err := c.Check(context.Background()); err != nil {
				t.Errorf("the store is not sound after the test: %v", err)
			}
		}
		if err := s.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
}

// Run runs the contract. open gives a new, empty store each time; it is closed, and checked if it has a Check
// method, when its test is over.
func Run(t *testing.T, open func(t *testing.T) directory.Store) {
	run(t, open)
	t.Run("NewStoreIsNotThere", func(t *testing.T) { newStoreIsNotThere(t, open(t)) })
}

// RunUpgraded is Run for stores that an older version made and that hold nothing. Unlike new ones they are there.
func RunUpgraded(t *testing.T, open func(t *testing.T) directory.Store) { run(t, open) }

func run(t *testing.T, open func(t *testing.T) directory.Store) {
	for _, part := range []struct {
		name string
		test func(*testing.T, directory.Store)
	}{
		{"NewStoreIsEmpty", newStoreIsEmpty},
		{"UserIsKeptWhole", userIsKeptWhole},
		{"UserIDsAreOneWhateverTheirCase", userIDsAreOneWhateverTheirCase},
		{"UserIsReplacedEverywhere", userIsReplacedEverywhere},
		{"DeletedUserIsGone", deletedUserIsGone},
		{"HandleBelongsToOneUser", handleBelongsToOneUser},
		{"UsersComeInPages", usersComeInPages},
		{"PagesNeitherSkipNorRepeatWhileWritten", pagesNeitherSkipNorRepeat},
		{"PagesAreLimited", pagesAreLimited},
		{"UsersAreSearched", usersAreSearched},
		{"SearchKeepsOrderAndPages", searchKeepsOrderAndPages},
		{"IDsAreFoundByTheirBeginnings", idsAreFoundByTheirBeginnings},
		{"UsersComeInEveryOrder", usersComeInEveryOrder},
		{"PlaceOfAnotherQueryIsNone", placeOfAnotherQueryIsNone},
		{"PagesOfOrdersNeitherSkipNorRepeatWhileWritten", pagesOfOrdersNeitherSkipNorRepeat},
		{"AnythingDoneIsAnswered", anythingDoneIsAnswered},
		{"GroupsAreKept", groupsAreKept},
		{"AdminsAreKept", adminsAreKept},
		{"GuessesAreKept", guessesAreKept},
		{"KeyIsKeptWhole", keyIsKeptWhole},
		{"KeysAreQueried", keysAreQueried},
		{"KeysComeInPages", keysComeInPages},
		{"ChangedKeyMovesInEveryQuery", changedKeyMoves},
		{"CredentialBelongsToOneKey", credentialBelongsToOneKey},
		{"WorkspaceIsKept", workspaceIsKept},
		{"EnrollmentIsOneForAUser", enrollmentIsOneForAUser},
		{"ImportIsKeptUntilItEnds", importIsKeptUntilItEnds},
		{"ImportStepsAreTakenBackFromTheLast", importStepsAreTakenBackFromTheLast},
		{"TicketIsKeptWhole", ticketIsKeptWhole},
		{"TicketsAreFound", ticketsAreFound},
		{"ChangedTicketMovesInEveryQuery", changedTicketMoves},
		{"LinkAndHandleBelongToOneTicket", linkAndHandleBelongToOneTicket},
		{"AnyTicketIsAnswered", anyTicketIsAnswered},
		{"MessageIsKeptWhole", messageIsKeptWhole},
		{"MessagesComeInPages", messagesComeInPages},
		{"MessagesAreDueInOrder", messagesAreDueInOrder},
		{"MessagesAreCounted", messagesAreCounted},
		{"AnyQueueIsAnswered", anyQueueIsAnswered},
		{"MailTemplatesAreKept", mailTemplatesAreKept},
		{"SecretsAreKept", secretsAreKept},
		{"AuditIsLinked", auditIsLinked},
		{"AuditIsReadByPlace", auditIsReadByPlace},
		{"ActivitiesAreFound", activitiesAreFound},
		{"ActivitiesAreFoundWhileWritten", activitiesAreFoundWhileWritten},
		{"AuditIsLinkedByConcurrentWriters", auditIsLinkedConcurrently},
		{"FailedUpdateKeepsNothing", failedUpdateKeepsNothing},
		{"PanicKeepsNothingAndPasses", panicKeepsNothing},
		{"EndedContextKeepsNothing", endedContextKeepsNothing},
		{"UpdateSeesItsOwnChanges", updateSeesItsOwnChanges},
		{"ViewChangesNothing", viewChangesNothing},
		{"TxIsOverWithItsFunction", txIsOver},
		{"RecordsAreCopies", recordsAreCopies},
		{"ConcurrentUpdatesLoseNothing", concurrentUpdatesLoseNothing},
		{"ViewIsConsistent", viewIsConsistent},
		{"LargestRecordsFit", largestRecordsFit},
		{"ClosedStoreRefuses", closedStoreRefuses},
	} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel() // most of the time they wait for a disk
			s := open(t)
			if part.name != "ClosedStoreRefuses" {
				checkAtEnd(t, s)
			}
			part.test(t, s)
		})
	}
}

// base is the time the records of the tests are from, to the microsecond.
var base = time.Date(2026, 3, 1, 9, 30, 0, 123456000, time.UTC)

func view(t *testing.T, s directory.Store, do func(directory.Tx) error) {
	t.Helper()
	if err := s.View(t.Context(), do); err != nil {
		t.Fatalf("View: %v", err)
	}
}

func update(t *testing.T, s directory.Store, do func(directory.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), do); err != nil {
		t.Fatalf("Update: %v", err)
	}
}

func putUsers(t *testing.T, s directory.Store, users ...directory.User) {
	t.Helper()
	update(t, s, func(tx directory.Tx) error {
		for _, u := range users {
			if err := tx.PutUser(u); err != nil {
				return err
			}
		}
		return nil
	})
}

func putKeys(t *testing.T, s directory.Store, keys ...directory.SecurityKey) {
	t.Helper()
	update(t, s, func(tx directory.Tx) error {
		for _, k := range keys {
			if err := tx.PutKey(k); err != nil {
				return err
			}
		}
		return nil
	})
}

// equal compares what came back with what was put. An empty slice and none are the same.
func equal[R any](t *testing.T, what string, got, want R) {
	t.Helper()
	emptyIsNil := cmp.FilterValues(func(a, b []byte) bool { return len(a) == 0 && len(b) == 0 }, cmp.Ignore())
	emptyIsNone := cmp.FilterValues(func(a, b []string) bool { return len(a) == 0 && len(b) == 0 }, cmp.Ignore())
	if diff := cmp.Diff(want, got, emptyIsNil, emptyIsNone); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", what, diff)
	}
}

func wantErr(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got error %v, want %v", what, got, want)
	}
}

// user is a user with every field set, told apart by n.
func user(n int) directory.User {
	return directory.User{
		ID: fmt.Sprintf("u%04d", n), UserName: fmt.Sprintf("name%d", n), FirstName: "Ada", LastName: fmt.Sprintf("Byron%d", n),
		Email: fmt.Sprintf("ada%d@example.org", n), Groups: []string{"Staff"},
		Handle:  bytes.Repeat([]byte{byte(n >> 8), byte(n), 7, 9}, 8),
		Created: base, Changed: base.Add(time.Hour),
	}
}

// key is a key with every field set, told apart by n, which is also how many seconds after base it was made.
func key(n int, userID string) directory.SecurityKey {
	return directory.SecurityKey{
		ID:     fmt.Sprintf("%032x", 1_000_000-n), // made later, sorted earlier
		UserID: userID, Name: fmt.Sprintf("Card %d", n), Kind: directory.Card, State: directory.Active,
		Verification: directory.PIN, RPID: "localhost", Model: "Model",
		Credential: directory.Credential{
			ID: []byte(fmt.Sprintf("credential %d", n)), PublicKey: []byte{1, 2, byte(n)}, SignCount: uint32(n),
			AAGUID: [16]byte{1, byte(n)}, Attestation: "packed",
		},
		Mark:         directory.CardMark{ATR: []byte{0x3B, 0x80, 0x80, 0x01, 0x01}, UID: []byte{4, byte(n >> 8), byte(n), 0}, AAGUID: [16]byte{1}},
		TemporaryPIN: true, SealedPIN: []byte("sealed"), NextPIN: []byte("next"), CardPIN: true,
		Created: base.Add(time.Duration(n) * time.Second), Activated: base, LastUsed: base, Changed: base,
	}
}

func newStoreIsEmpty(t *testing.T, s directory.Store) {
	view(t, s, func(tx directory.Tx) error {
		_, err := tx.User("nobody")
		wantErr(t, "User", err, directory.ErrNotFound)
		_, err = tx.User("")
		wantErr(t, "User with no ID", err, directory.ErrNotFound)
		_, err = tx.UserByHandle([]byte("nothing"))
		wantErr(t, "UserByHandle", err, directory.ErrNotFound)
		_, err = tx.UserByHandle(nil)
		wantErr(t, "UserByHandle without a handle", err, directory.ErrNotFound)
		_, err = tx.Group("none")
		wantErr(t, "Group", err, directory.ErrNotFound)
		_, err = tx.Key("none")
		wantErr(t, "Key", err, directory.ErrNotFound)
		_, err = tx.KeyByCredential([]byte("none"))
		wantErr(t, "KeyByCredential", err, directory.ErrNotFound)
		_, err = tx.KeyByCredential(nil)
		wantErr(t, "KeyByCredential without an ID", err, directory.ErrNotFound)
		_, err = tx.Enrollment("nobody")
		wantErr(t, "Enrollment", err, directory.ErrNotFound)
		w, err := tx.Workspace()
		wantErr(t, "Workspace", err, nil)
		equal(t, "Workspace", w, directory.DefaultWorkspace())
		for _, q := range []directory.UserQuery{{}, {Text: "a"}, {Group: "g"}, {Text: "a", Group: "g"}} {
			if users, err := tx.Users(q); err != nil || len(users.Users) != 0 || users.Next != "" {
				t.Errorf("Users(%+v) = %v, %v, want none", q, users, err)
			}
		}
		keys, err := tx.Keys(directory.KeyQuery{})
		if err != nil || len(keys.Keys) != 0 || keys.Next != "" {
			t.Errorf("Keys = %v, %v, want none", keys, err)
		}
		groups, err := tx.Groups()
		if err != nil || len(groups) != 0 {
			t.Errorf("Groups = %v, %v, want none", groups, err)
		}
		journal, err := tx.Enrollments()
		if err != nil || len(journal) != 0 {
			t.Errorf("Enrollments = %v, %v, want none", journal, err)
		}
		wantNoMail(t, tx)
		head, err := tx.AuditHead()
		if err != nil || head.Seq != 0 {
			t.Errorf("AuditHead = %v, %v, want none", head, err)
		}
		for _, q := range []directory.AuditQuery{{}, {Last: 5}, {From: 3}} {
			if entries, err := tx.Audit(q); err != nil || len(entries) != 0 {
				t.Errorf("Audit(%+v) = %v, %v, want none", q, entries, err)
			}
		}
		return nil
	})
}

func newStoreIsNotThere(t *testing.T, s directory.Store) {
	checkAtEnd(t, s)
	if there, err := s.Exists(t.Context()); there || err != nil {
		t.Errorf("Exists of a new store = %v, %v, want false", there, err)
	}
	view(t, s, func(directory.Tx) error { return nil })
	if there, err := s.Exists(t.Context()); there || err != nil {
		t.Errorf("Exists after a View = %v, %v: looking must not make a store", there, err)
	}
	putUsers(t, s, user(1))
	if there, err := s.Exists(t.Context()); !there || err != nil {
		t.Errorf("Exists after an Update = %v, %v, want true", there, err)
	}
}

func workspaceIsKept(t *testing.T, s directory.Store) {
	w := directory.Workspace{
		Name: "Example GmbH", RPID: "login.example.org", RPName: "Example", Verification: directory.PINless, OfflineLogin: true,
		PINChooser: directory.UserMail, DriverLink: "https://example.org/driver", Language: "de", Changed: base,
		PINPolicy: directory.PINPolicy{MinLength: 5, MaxLength: 12, Digit: true, Lower: true, Upper: true, Special: true},
		Mail: directory.MailSettings{Host: "mail.example.org", Port: 2525, Security: directory.TLS, Auth: directory.AuthLogin, User: "station",
			CA: []byte("PEM"), From: "keys@example.org", DKIMDomain: "example.org", DKIMSelector: "s1"},
		Portal:   directory.PortalSettings{URL: "https://keys.example.org", Listen: ":443", Certificate: "/c.pem", Key: "/k.pem"},
		LinkDays: 3, CodeHours: 5,
	}
	update(t, s, func(tx directory.Tx) error { return tx.PutWorkspace(w) })
	view(t, s, func(tx directory.Tx) error {
		got, err := tx.Workspace()
		equal(t, "workspace", got, w)
		return err
	})
}

func groupsAreKept(t *testing.T, s directory.Store) {
	put := []directory.Group{
		{Name: "staff", Description: "Everybody", Created: base},
		{Name: "Älteste", Created: base},
		{Name: "Admins", Description: "Few", Created: base},
	}
	update(t, s, func(tx directory.Tx) error {
		for _, g := range put {
			if err := tx.PutGroup(g); err != nil {
				return err
			}
		}
		return tx.PutGroup(directory.Group{Name: "STAFF", Description: "All", Created: base})
	})
	view(t, s, func(tx directory.Tx) error {
		g, err := tx.Group("äLTESTE")
		wantErr(t, "Group in another case", err, nil)
		equal(t, "group", g, put[1])
		all, err := tx.Groups()
		equal(t, "groups by name", all, []directory.Group{put[2], {Name: "STAFF", Description: "All", Created: base}, put[1]})
		return err
	})
}

func enrollmentIsOneForAUser(t *testing.T, s directory.Store) {
	e := directory.Enrollment{
		UserID: "Ada", KeyID: "k1", KeyName: "Card", Verification: directory.PIN, OfflineLogin: true,
		PINChooser: directory.UserMail, Replaces: []string{"k0", "k00"}, Stage: directory.SettingPIN,
		Mark:      directory.CardMark{ATR: []byte{0x3B}, UID: []byte{4, 0, 1}, AAGUID: [16]byte{3}},
		SealedPIN: []byte("sealed"), PINMade: true, OldPIN: []byte("old"), Started: base, Changed: base,
	}
	update(t, s, func(tx directory.Tx) error {
		if err := tx.PutEnrollment(directory.Enrollment{UserID: "bob", Stage: directory.Registering}); err != nil {
			return err
		}
		return tx.PutEnrollment(e)
	})
	next := e
	next.UserID, next.Stage, next.Credential = "ADA", directory.Registered, key(1, "ada").Credential
	update(t, s, func(tx directory.Tx) error { return tx.PutEnrollment(next) })
	view(t, s, func(tx directory.Tx) error {
		got, err := tx.Enrollment("ada")
		wantErr(t, "Enrollment", err, nil)
		equal(t, "enrollment", got, next)
		all, err := tx.Enrollments()
		equal(t, "enrollments", all, []directory.Enrollment{next, {UserID: "bob", Stage: directory.Registering}})
		return err
	})
	for range 2 { // the second time there is none, which is no error
		update(t, s, func(tx directory.Tx) error { return tx.DeleteEnrollment("aDa") })
	}
	view(t, s, func(tx directory.Tx) error {
		_, err := tx.Enrollment("ada")
		wantErr(t, "Enrollment after it was deleted", err, directory.ErrNotFound)
		_, err = tx.Enrollment("bob")
		return err
	})
}
