package offline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"tapstation/app/directory"
	"tapstation/app/login"
	"tapstation/storage/boltfile"
)

// spendFolder tells a child process where the cache is of which it spends log-ins.
const spendFolder = "TAPSTATION_TEST_SPEND_FOLDER"

// TestChildThatSpends is the child's part of TestEightProcessesSpendNoMoreThanThereIs. It prints a line for each log-in it
// was granted.
func TestChildThatSpends(t *testing.T) {
	folder := os.Getenv(spendFolder)
	if folder == "" {
		return // there is nothing to do without a parent
	}
	c := New(filepath.Join(folder, Name))
	for range 10 {
		err := login.Spend(context.Background(), c, "key001", 0, at)
		var spent *login.SpentError
		switch {
		case err == nil:
			fmt.Println("granted")
		case !errors.As(err, &spent) && !errors.Is(err, directory.ErrBusy):
			t.Error(err)
		}
	}
}

func TestEightProcessesSpendNoMoreThanThereIs(t *testing.T) {
	const most = 20
	folder := t.TempDir()
	c := New(filepath.Join(folder, Name))
	k := cached(1, "ada")
	k.SignCount, k.Terms.Logins = 0, most
	mustPut(t, c, k)
	var children []*exec.Cmd
	outputs := make([]strings.Builder, 8)
	for i := range outputs {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChildThatSpends$")
		child.Env = append(os.Environ(), spendFolder+"="+folder)
		child.Stdout, child.Stderr = &outputs[i], &outputs[i]
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		children = append(children, child)
	}
	granted := 0
	for i, child := range children {
		if err := child.Wait(); err != nil {
			t.Errorf("a child: %v\n%s", err, outputs[i].String())
		}
		granted += strings.Count(outputs[i].String(), "granted")
	}
	if granted != most {
		t.Errorf("%d log-ins were granted, want %d", granted, most)
	}
}

func TestContactRenewsAllKeys(t *testing.T) {
	c := open(t)
	terms := directory.OfflineTerms{RequirePIN: true, Logins: 5, Days: 6}
	k1, k2 := cached(1, "ada"), cached(2, "ada")
	k1.Logins, k1.Seen = 3, at.Add(24*time.Hour)
	mustPut(t, c, k1, k2)
	wantKeys(t, c, "ada", k1, k2)

	contact := at.Add(-time.Hour) // a clock was wrong then, or is now
	if err := c.Contact(t.Context(), contact, terms); err != nil {
		t.Fatal(err)
	}
	for _, k := range []*login.Cached{&k1, &k2} {
		k.Written, k.Terms, k.Logins, k.Seen = contact, terms, 0, time.Time{}
	}
	wantKeys(t, c, "ada", k1, k2)

	// What is counted afterwards stays, through a contact that is not worth a write too.
	if err := c.Change(t.Context(), k1.KeyID, func(k *login.Cached) error { k.Logins++; return nil }); err != nil {
		t.Fatal(err)
	}
	k1.Logins = 1
	if err := c.Contact(t.Context(), contact.Add(59*time.Minute), terms); err != nil {
		t.Fatal(err)
	}
	wantKeys(t, c, "ada", k1, k2)
	terms.Logins = 9
	if err := c.Contact(t.Context(), contact.Add(59*time.Minute), terms); err != nil {
		t.Fatal(err)
	}
	for _, k := range []*login.Cached{&k1, &k2} {
		k.Written, k.Terms, k.Logins = contact.Add(59*time.Minute), terms, 0
	}
	wantKeys(t, c, "ada", k1, k2)
}

func TestChangeOfAKeyThatIsMissing(t *testing.T) {
	c := open(t)
	never := func(*login.Cached) error { t.Error("change was called"); return nil }
	for range 2 { // without a file, and with one
		if err := c.Change(t.Context(), "key001", never); !errors.Is(err, login.ErrNotKept) {
			t.Errorf("Change: %v, want ErrNotKept", err)
		}
		mustPut(t, c, cached(2, "ada"))
	}
	refused := errors.New("no")
	err := c.Change(t.Context(), "key002", func(k *login.Cached) error { k.Logins = 7; return refused })
	if !errors.Is(err, refused) {
		t.Errorf("Change: %v, want the error of change", err)
	}
	wantKeys(t, c, "ada", cached(2, "ada"))
}

// TestCacheOfTheFirstVersionOpens: what it kept goes on with the limits of a new workspace from when it was written.
func TestCacheOfTheFirstVersionOpens(t *testing.T) {
	path := filepath.Join(t.TempDir(), Name)
	type firstRecord struct {
		KeyID        string           `cbor:"1,keyasint"`
		KeyName      string           `cbor:"2,keyasint,omitempty"`
		UserID       string           `cbor:"3,keyasint"`
		UserHandle   []byte           `cbor:"4,keyasint,omitempty"`
		RPID         string           `cbor:"5,keyasint,omitempty"`
		CredentialID []byte           `cbor:"6,keyasint,omitempty"`
		PublicKey    []byte           `cbor:"7,keyasint,omitempty"`
		SignCount    uint32           `cbor:"8,keyasint,omitempty"`
		Verification string           `cbor:"9,keyasint,omitempty"`
		Written      boltfile.Instant `cbor:"10,keyasint,omitempty"`
	}
	k := cached(1, "ada")
	old := boltfile.New(path, boltfile.Schema{Format: "tapstation offline cache", Buckets: []boltfile.Bucket{{Name: "keys"}, {Name: "by_user"}}})
	err := old.Update(t.Context(), func(tx *bbolt.Tx) (bool, error) {
		raw, err := boltfile.Encode(firstRecord{k.KeyID, k.KeyName, k.UserID, k.UserHandle, k.RPID, k.CredentialID, k.PublicKey, k.SignCount, string(k.Verification), boltfile.InstantOf(k.Written)})
		return true, errors.Join(err, tx.Bucket(keys).Put([]byte(k.KeyID), raw), tx.Bucket(byUser).Put(userKey("ada", k.KeyID), nil))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	c := New(path)
	k.Terms = directory.DefaultWorkspace().OfflineTerms()
	wantKeys(t, c, "ada", k)
	if err := login.Spend(t.Context(), c, k.KeyID, 8, at.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	k.SignCount, k.Logins, k.Seen = 8, 1, at.Add(time.Hour)
	wantKeys(t, c, "ada", k)
	if err := c.Check(t.Context()); err != nil {
		t.Errorf("Check: %v", err)
	}
}
