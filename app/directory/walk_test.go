package directory_test

import (
	"errors"
	"fmt"
	"testing"

	"tapstation/app/directory"
)

func TestEachUserThatMatchesIsGivenOnceAndMayBeChangedMeanwhile(t *testing.T) {
	d := open(t)
	err := d.Store.Update(t.Context(), func(tx directory.Tx) error {
		for i := range 2300 {
			u := directory.User{ID: fmt.Sprintf("u%04d", i), Handle: fmt.Appendf(nil, "%032d", i), Disabled: i%10 == 0}
			if err := tx.PutUser(u); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	given, last := 0, ""
	err = d.EachUser(t.Context(), directory.UserQuery{Disabled: directory.Off}, func(users []directory.User) error {
		for _, u := range users {
			if u.ID <= last {
				t.Fatalf("%s is given after %s", u.ID, last)
			}
			given, last = given+1, u.ID
		}
		// Who is disabled on the way does not match any more; nobody after them may be left out.
		_, err := d.SetUserDisabled(t.Context(), by, users[len(users)-1].ID, true)
		return err
	})
	if err != nil || given != 2070 {
		t.Errorf("%d users are given (%v), want the 2070 that are not disabled", given, err)
	}
	stop := errors.New("enough")
	if err := d.EachUser(t.Context(), directory.UserQuery{}, func([]directory.User) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("the error of do is told as %v", err)
	}
}
