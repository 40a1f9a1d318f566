package wizard

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tapstation/app/directory"
)

func problems(s State) map[Field]directory.Problem {
	shown := map[Field]directory.Problem{}
	for f, e := range s.Problems {
		shown[f] = e.Problem
	}
	return shown
}

func TestProblemIsShownWhenTheFieldIsLeftAndGoesWhenMended(t *testing.T) {
	s := Begin(nil).Type(Email, "ada")
	if got := problems(s); len(got) != 0 {
		t.Errorf("while typing %v is shown, want nothing", got)
	}
	s = s.Leave(Email)
	if got, want := problems(s), (map[Field]directory.Problem{Email: directory.InvalidEmail}); !cmp.Equal(got, want) {
		t.Errorf("after leaving the field: %s", cmp.Diff(want, got))
	}
	s = s.Type(Email, "ada@")
	if got := problems(s); len(got) != 1 {
		t.Errorf("still wrong while typing: %v, want the problem to stay", got)
	}
	s = s.Type(Email, "ada@example.org")
	if got := problems(s); len(got) != 0 {
		t.Errorf("mended while typing: %v, want the problem gone", got)
	}
	s = s.Type(Email, "ada@example.org ada")
	if got := problems(s); len(got) != 0 {
		t.Errorf("wrong again while typing: %v, want nothing before the field is left", got)
	}
}

func TestSubmitNamesTheFirstWrongFieldAndShowsAll(t *testing.T) {
	s, _, wrong := Begin(nil).Type(Email, "ada").Submit()
	if wrong != UserID {
		t.Errorf("first wrong field %q, want the empty User ID", wrong)
	}
	want := map[Field]directory.Problem{UserID: directory.Required, Email: directory.InvalidEmail}
	if got := problems(s); !cmp.Equal(got, want) {
		t.Errorf("all problems at once: %s", cmp.Diff(want, got))
	}
	if s.Saving {
		t.Error("a user with problems is being saved")
	}
}

func TestSubmitGivesTheUserWithoutStraySpaces(t *testing.T) {
	_, u, wrong := Begin(nil).Type(UserID, " ada ").Type(FirstName, "Ada ").Type(Email, " ada@example.org").Submit()
	if wrong != "" {
		t.Fatalf("field %q is called wrong", wrong)
	}
	want := directory.User{ID: "ada", FirstName: "Ada", Email: "ada@example.org"}
	if diff := cmp.Diff(want, u); diff != "" {
		t.Error(diff)
	}
}

func TestTakenUserID(t *testing.T) {
	s := Begin(nil).Type(UserID, "Ada")
	id, wanted := s.LookUp()
	if !wanted || id != "Ada" {
		t.Fatalf("to look up: %q, %v; want Ada", id, wanted)
	}
	s = s.Looked("Ada", true)
	if got := problems(s)[UserID]; got != directory.Taken {
		t.Errorf("problem %q, want taken", got)
	}
	if _, wanted := s.LookUp(); wanted {
		t.Error("the same ID would be looked up twice")
	}
	if _, _, wrong := s.Submit(); wrong != UserID {
		t.Error("a taken User ID can be submitted")
	}
	s = s.Type(UserID, "Adam")
	if got := problems(s)[UserID]; got != "" {
		t.Errorf("after another ID was typed: %q, want nothing", got)
	}
	if late := s.Looked("Ad", true); problems(late)[UserID] != "" {
		t.Error("an answer about an ID typed earlier is shown beside the present one")
	}
}

func TestGroupsAreChosenOnceAndByTheirOwnSpelling(t *testing.T) {
	s := Begin(nil)
	s.Known = []string{"Finance", "Staff"}
	for _, g := range []string{"staff", "Night shift", " ", "STAFF", "night  shift"} {
		s = s.Join(g)
	}
	if diff := cmp.Diff([]string{"Night shift", "Staff"}, s.Draft.Groups); diff != "" {
		t.Error(diff)
	}
	before := s
	s = s.Quit("Staff")
	if diff := cmp.Diff([]string{"Night shift"}, s.Draft.Groups); diff != "" {
		t.Error(diff)
	}
	if len(before.Draft.Groups) != 2 {
		t.Error("a state is changed by what is derived from it")
	}
}

func TestGroupsAreSuggestedByWhatIsTyped(t *testing.T) {
	s := Begin(nil)
	s.Known = []string{"Finance", "Night shift", "Staff"}
	s = s.Join("Staff")
	for _, c := range []struct {
		typed  string
		known  []string
		create string
	}{
		{"", []string{"Finance", "Night shift"}, ""},
		{"fi", []string{"Finance"}, "fi"},
		{"shi", []string{"Night shift"}, "shi"},
		{" finance ", []string{"Finance"}, ""},
		{"staff", nil, ""},
		{"Fire  brigade", nil, "Fire brigade"},
	} {
		known, create := s.TypeGroup(c.typed).Suggest()
		if !cmp.Equal(known, c.known) || create != c.create {
			t.Errorf("typed %q: suggests %q, creates %q; want %q, %q", c.typed, known, create, c.known, c.create)
		}
	}
}

func TestEnterChoosesTheGroupThatIsMeant(t *testing.T) {
	s := Begin(nil)
	s.Known = []string{"Staff", "Staff abroad"}
	for typed, want := range map[string]string{"st": "Staff", "staff": "Staff", "abr": "Staff abroad", "Guests": "Guests"} {
		if got := s.TypeGroup(typed).EnterGroup(); !cmp.Equal(got.Draft.Groups, []string{want}) || got.Group != "" {
			t.Errorf("typed %q: joins %q and leaves %q, want %q and nothing", typed, got.Draft.Groups, got.Group, want)
		}
	}
}

func TestGroupTypedButNotChosenIsNotLostWhenThePageIsLeft(t *testing.T) {
	s := Begin(nil).Type(UserID, "ada")
	s.Known = []string{"Staff"}
	for typed, want := range map[string]string{"staff": "Staff", "Guests": "Guests"} {
		s := s.TypeGroup(typed)
		if !s.Changed() {
			t.Errorf("typed %q: counts as nothing", typed)
		}
		if _, u, wrong := s.Submit(); wrong != "" || !cmp.Equal(u.Groups, []string{want}) {
			t.Errorf("typed %q: groups %q, wrong %q; want %q", typed, u.Groups, wrong, want)
		}
	}
	s, _, wrong := s.TypeGroup("st").Submit()
	if wrong != Groups || problems(s)[Groups] != Which {
		t.Errorf("what may be one group or a new one: wrong %q, problems %v; want the groups to be asked about", wrong, problems(s))
	}
	if s = s.TypeGroup("sta"); len(problems(s)) != 0 {
		t.Errorf("while typing on: %v, want nothing", problems(s))
	}
}

func TestGoingBackLosesNothing(t *testing.T) {
	u := directory.User{ID: "ada", FirstName: "Ada", Groups: []string{"Staff"}}
	s := Begin(nil)
	s.Draft = u
	s = s.Kept(u).Next().SetDefaults(false)
	s.Verification, s.OfflineLogin = directory.PINless, true
	s = s.Next().Next()
	if s.Page != ActivationPage {
		t.Fatalf("page %d, want the activation", s.Page)
	}
	back := s.Back().Back().Back().Back().Back()
	if back.Page != UserPage {
		t.Fatalf("page %d, want the first", back.Page)
	}
	if diff := cmp.Diff(u, back.Draft); diff != "" {
		t.Error(diff)
	}
	if back.Verification != directory.PINless || !back.OfflineLogin || back.UseDefaults {
		t.Errorf("settings are %v, %v, defaults %v after going back; want those chosen", back.Verification, back.OfflineLogin, back.UseDefaults)
	}
	if back.Changed() {
		t.Error("nothing was changed since it was saved, but it counts as changed")
	}
}

func TestSettingsAreTheWorkspacesUntilChosen(t *testing.T) {
	w := directory.DefaultWorkspace()
	w.Verification, w.OfflineLogin = directory.PINless, true
	s := Begin(nil).Defaults(w)
	if v, offline := s.Settings(); v != directory.PINless || !offline {
		t.Errorf("defaults give %v, %v; want the workspace's", v, offline)
	}
	s = s.SetDefaults(false)
	if v, offline := s.Settings(); v != directory.PINless || !offline {
		t.Errorf("own settings begin as %v, %v; want the workspace's", v, offline)
	}
	s.Verification = directory.PIN
	if v, _ := s.Defaults(w).Settings(); v != directory.PIN {
		t.Error("a choice is lost when the workspace's settings arrive")
	}
	if v, _ := s.SetDefaults(true).Settings(); v != directory.PINless {
		t.Error("with the defaults on, a choice made before still counts")
	}
}

func TestLaterEndsAtTheKind(t *testing.T) {
	s := Begin(nil).Kept(directory.User{ID: "ada"})
	s.Later = true
	if got := s.Next().Page; got != KindPage {
		t.Errorf("page %d after Later, want to stay: the wizard is over", got)
	}
}

func TestWhatTheDirectoryRefusesIsShownBesideItsField(t *testing.T) {
	s := Begin(nil).Type(UserID, "ada")
	s, _, _ = s.Submit()
	s = s.NotKept(directory.ErrExists, []directory.FieldError{{Field: "user_id", Problem: directory.Taken}})
	if s.Saving || problems(s)[UserID] != directory.Taken || s.Failure != nil {
		t.Errorf("saving %v, problems %v, failure %v; want the User ID taken", s.Saving, problems(s), s.Failure)
	}
	failed := errors.New("disk full")
	s, _, _ = Begin(nil).Type(UserID, "ada").Submit()
	s = s.NotKept(failed, nil)
	if s.Saving || s.Failure != failed || s.Draft.ID != "ada" {
		t.Errorf("saving %v, failure %v, ID %q; want the failure, and what was typed kept", s.Saving, s.Failure, s.Draft.ID)
	}
}

func TestNameCountsOnlyWhenItIsAnother(t *testing.T) {
	s := Begin(nil).Enrolled(directory.SecurityKey{Name: "Card"})
	for typed, want := range map[string]string{"Card": "", " Card ": "", "Blue card ": "Blue card"} {
		s.KeyName = typed
		name, changed := s.Rename()
		if changed != (want != "") || changed && name != want {
			t.Errorf("typed %q: %q, %v; want %q", typed, name, changed, want)
		}
		if _, wrong := s.NameProblem(); wrong {
			t.Errorf("typed %q: called wrong", typed)
		}
	}
	s.KeyName = " "
	if e, wrong := s.NameProblem(); !wrong || e.Problem != directory.Required {
		t.Errorf("an empty name: %v, %v; want it called required", e, wrong)
	}
	if s.Back().Page != NamePage {
		t.Error("one can go back from a key that is there")
	}
}
