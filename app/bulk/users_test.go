package bulk

import (
	"context"
	"errors"
	"slices"
	"testing"
)

// usersOf are the User IDs in a file, and why they ended.
func usersOf(o *office, f File, p Plan) (ids []string, err error) {
	for id, err := range o.im.Users(context.Background(), f, p) {
		if err != nil {
			return ids, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func TestUsersOfAFileThatWasImportedAreToldInTheirOrder(t *testing.T) {
	o := newOffice(t)
	f := text("E-Mail;Kennung\nc@example.org;carol\na@example.org;ADA\n\n")
	l, err := o.im.Inspect(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	p := o.plan(f, Options{Columns: l.Columns})
	ids, err := usersOf(o, f, p)
	if want := []string{"carol", "ADA"}; err != nil || !slices.Equal(ids, want) {
		t.Errorf("users %q, %v, want %q", ids, err, want)
	}
	big := text(many(3000))
	if ids, err = usersOf(o, big, o.plan(big, Options{})); err != nil || len(ids) != 3000 || ids[2999] != "u0002999" {
		t.Errorf("%d users, %v, want 3000 to the last", len(ids), err)
	}
	for id, err := range o.im.Users(t.Context(), big, o.plan(big, Options{})) { // who has seen enough may stop
		if id != "u0000000" || err != nil {
			t.Errorf("the first is %q, %v", id, err)
		}
		break
	}
}

func TestUsersOfAFileThatIsAnotherByNowEndWithThat(t *testing.T) {
	o := newOffice(t)
	f := text("user_id\nada\n")
	p := o.plan(f, Options{})
	for name, now := range map[string]File{"longer": text("user_id\nada\nbob\n"), "refused": text("user_id\n\x01\n")} {
		if _, err := usersOf(o, now, p); !errors.Is(err, ErrChanged) {
			t.Errorf("%s: %v, want ErrChanged", name, err)
		}
	}
	if _, err := usersOf(o, f, Plan{}); !errors.Is(err, errPlan) {
		t.Errorf("without a plan: %v, want errPlan", err)
	}
}
