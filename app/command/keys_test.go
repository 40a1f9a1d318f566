package command

import (
	"errors"
	"slices"
	"testing"
	"time"

	"tapstation/app/directory"
)

func TestKeysAreListedByWhatTheyAre(t *testing.T) {
	d := newDesk(t)
	d.must("users", "add", "ada")
	day := 24 * time.Hour
	ago := func(days int) time.Time { return time.Now().Add(-time.Duration(days)*day - time.Hour) }
	s, end := d.open(d.folder)
	err := s.Directory.Store.Update(t.Context(), func(tx directory.Tx) error {
		var errs []error
		for i, k := range []directory.SecurityKey{
			{ID: "used", State: directory.Active, Kind: directory.Card, Verification: directory.PIN, Activated: ago(100), LastUsed: ago(1)},
			{ID: "unused", State: directory.Active, Kind: directory.USBKey, Verification: directory.PINless, Activated: ago(100), LastUsed: ago(40)},
			{ID: "temporary", State: directory.Active, Kind: directory.Card, Verification: directory.PIN, TemporaryPIN: true, Activated: ago(2)},
			{ID: "waiting", State: directory.Pending, Kind: directory.Card, Verification: directory.PIN, Created: ago(10)},
			{ID: "new", State: directory.Pending, Kind: directory.Smartphone, Verification: directory.PIN, Created: ago(2)},
			{ID: "revoked", State: directory.Revoked, Kind: directory.Card, Verification: directory.PINless, Activated: ago(100)},
		} {
			k.UserID, k.Name = "ada", k.ID
			if k.Created.IsZero() {
				k.Created = ago(200 - i)
			}
			if k.State != directory.Pending {
				k.Credential.ID = []byte(k.ID)
			}
			errs = append(errs, tx.PutKey(k))
		}
		return errors.Join(errs...)
	})
	if err := errors.Join(err, end()); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		flags []string
		want  []string
	}{
		{nil, []string{"used", "unused", "temporary", "revoked", "waiting", "new"}},
		{[]string{"--newest"}, []string{"new", "waiting", "revoked", "temporary", "unused", "used"}},
		{[]string{"--newest", "--limit", "1"}, []string{"new"}},
		{[]string{"--kind", "usb_key"}, []string{"unused"}},
		{[]string{"--kind", "card", "--state", "active", "--newest"}, []string{"temporary", "used"}},
		{[]string{"--verification", "pinless"}, []string{"unused", "revoked"}},
		{[]string{"--temporary-pin"}, []string{"temporary"}},
		{[]string{"--unused-days", "30"}, []string{"unused"}},
		{[]string{"--unused-days", "1", "--state", "active"}, []string{"used", "unused", "temporary"}},
		{[]string{"--pending-days", "7"}, []string{"waiting"}},
		{[]string{"--pending-days", "1", "--kind", "smartphone"}, []string{"new"}},
		{[]string{"--pending-days", "30"}, nil},
	} {
		var doc keysDocument
		d.must(append([]string{"keys", "list", "--json"}, test.flags...)...).decode(&doc)
		var got []string
		for _, k := range doc.Keys {
			got = append(got, k.KeyID)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("keys list %v: %v, want %v", test.flags, got, test.want)
		}
	}
}
