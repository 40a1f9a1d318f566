package desk

import (
	"fmt"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"tapstation/app/directory"
)

// manyKeys gives every user a card: those of even users are active, u000's is PINless, u002's has a temporary PIN and was
// never used; those of odd users are pending.
func manyKeys(users int) func(*bench) {
	return func(b *bench) {
		made := time.Date(2026, 3, 4, 5, 6, 0, 0, time.UTC)
		err := b.store.Update(b.t.Context(), func(tx directory.Tx) error {
			for i := range users {
				k := directory.SecurityKey{ID: fmt.Sprintf("key%03d", i), UserID: fmt.Sprintf("u%03d", i), Name: fmt.Sprint("Card of ", i),
					Kind: directory.Card, State: directory.Pending, Verification: directory.PIN, Created: made.Add(time.Duration(i) * time.Hour)}
				if i%2 == 0 {
					k.State, k.Activated = directory.Active, made
					k.LastUsed = time.Now().Add(-time.Hour)
				}
				switch i {
				case 0:
					k.Verification = directory.PINless
				case 2:
					k.TemporaryPIN, k.LastUsed = true, time.Time{}
				}
				if err := tx.PutKey(k); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.t.Fatal(err)
		}
	}
}

func openKeys(t *testing.T, users int) (*bench, *keysPage) {
	t.Helper()
	b := newBench(t, users, manyKeys(users))
	b.listed()
	b.open(keysPlace)
	p, ok := b.page.(*keysPage)
	if !ok {
		t.Fatalf("%T is shown, want Security keys", b.page)
	}
	b.keysListed(p)
	return b, p
}

func (b *bench) keysListed(p *keysPage) {
	b.t.Helper()
	b.until("the answer to Security keys", func() bool { return p.state.Known && !p.state.Asking })
}

func keyIDs(p *keysPage) (all []string) {
	for i := range p.state.Rows.count() {
		all = append(all, p.state.Rows.id(i))
	}
	return all
}

func TestKeysOfAllUsersAreListedTheNewestFirst(t *testing.T) {
	b, p := openKeys(t, 4)
	if got, want := fmt.Sprint(keyIDs(p)), "[key003 key002 key001 key000]"; got != want {
		t.Errorf("it lists %s, want %s", got, want)
	}
	p.list.OnSort("made")
	b.keysListed(p)
	if got, want := fmt.Sprint(keyIDs(p)), "[key000 key001 key002 key003]"; got != want {
		t.Errorf("turned round it lists %s, want %s", got, want)
	}
}

func TestKeysAreFiltered(t *testing.T) {
	b, p := openKeys(t, 5)
	for _, c := range []struct {
		name string
		set  func()
		want string
	}{
		{"pending", func() { p.standing.OnChanged("pending") }, "[key003 key001]"},
		{"PINless", func() { p.verifies.OnChanged("pinless") }, "[key000]"},
		{"a PIN that is temporary", func() { p.verifies.OnChanged(temporaryPIN) }, "[key002]"},
		{"unused for 90 days", func() { p.unused.OnChanged("90") }, "[key002]"},
		{"no card", func() { p.kind.OnChanged(string(directory.USBKey)) }, "[]"},
	} {
		b.ShowKeysWith(directory.KeyQuery{Desc: true})
		b.keysListed(p)
		c.set()
		b.keysListed(p)
		if got := fmt.Sprint(keyIDs(p)); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	if !b.says("No security key found") {
		t.Error("nothing matches, and the page does not say so")
	}
	b.tap("Show all security keys")
	b.keysListed(p)
	if got := p.state.Rows.count(); got != 5 {
		t.Errorf("Show all lists %d keys, want 5", got)
	}
}

func TestKeysAreSearchedByTheirHolder(t *testing.T) {
	b, p := openKeys(t, 50)
	b.write("u01") // u010 to u019
	b.until("the answer to the last letter", func() bool { return p.state.Text == "u01" && !p.state.Asking })
	if got := p.state.Rows.count(); got != 10 {
		t.Fatalf("u01 finds the keys %v, want those of u010 to u019", keyIDs(p))
	}
	p.standing.OnChanged("active")
	b.keysListed(p)
	if got := p.state.Rows.count(); got != 5 {
		t.Errorf("u01 and active find the keys %v, want five", keyIDs(p))
	}
	// Whoever is found holds none of these: further pages are looked through by themselves.
	p.search.Entry.SetText("u")
	p.kind.OnChanged(string(directory.Smartphone))
	b.until("the end", func() bool { return p.state.Rows.end && !p.state.Asking })
	if !b.says("No security key found") {
		t.Error("at the end the page does not say that there is none")
	}
}

func TestKeyOpensItsUserWithTheKeyInView(t *testing.T) {
	b, p := openKeys(t, 3)
	b.press(fyne.KeyDown, fyne.KeyDown, fyne.KeyReturn)
	u, ok := b.page.(*userPage)
	if !ok || u.state.ID != "u001" || u.state.Key != "key001" {
		t.Fatalf("%T is shown, want u001 with key001", b.page)
	}
	b.until("the user", func() bool { return u.state.Known })
	if got := b.where(); got != keysPlace {
		t.Errorf("one is in %s, want still in Security keys", got)
	}
	b.press(fyne.KeyEscape)
	if b.page != page(p) {
		t.Errorf("Escape leads to %T, want back to Security keys", b.page)
	}
}

func TestKeysAreRevokedTogetherAndThoseThatCannotBeAreTold(t *testing.T) {
	b, p := openKeys(t, 4)
	if _, err := b.station.Directory.RevokeKey(t.Context(), "os:test", "key002"); err != nil {
		t.Fatal(err)
	}
	p.list.Mark(0, 1) // key003 and key002
	b.tap("Revoke keys")
	if b.question == nil || !b.says("Revoke 2 security keys for good?") || !b.says("Card of 3 of User Number3 (u003)") {
		t.Fatal("it does not ask, naming how many and which")
	}
	b.tap("Revoke keys")
	b.until("the end", func() bool { return p.job != nil && p.job.state.Over && !p.state.Asking })
	if words, well := p.job.state.words(); well || words != "1 security key is revoked. With 1 it could not be done." {
		t.Errorf("it says %q, want that one is revoked and one could not be", words)
	}
	for id, want := range map[string]directory.KeyState{"key003": directory.Revoked, "key001": directory.Pending} {
		if k, err := b.station.Directory.Key(t.Context(), id); err != nil || k.State != want {
			t.Errorf("%s is %s (%v), want %s", id, k.State, err, want)
		}
	}
}

func TestAllKeysThatMatchButSomeAreDisabled(t *testing.T) {
	b, p := openKeys(t, 30)
	p.standing.OnChanged("active")
	b.keysListed(p)
	p.state.Chosen = chosen{All: true}.mark(map[string]string{"key000": "", "key004": ""}, false)
	b.users.list.Changed()
	p.askAct(disableKey)
	if !b.says("Disable 13 security keys?") {
		t.Fatal("it does not ask about the 13 that are active and not left out")
	}
	b.tap("Disable keys")
	b.until("the end", func() bool { return p.job != nil && p.job.state.Over && !p.state.Asking })
	if got, want := fmt.Sprint(keyIDs(p)), "[key004 key000]"; got != want {
		t.Errorf("active are still %s, want %s", got, want)
	}
}

func TestDaysWithoutUseAreTyped(t *testing.T) {
	for words, want := range map[string]int{"45": 45, " 45 days": 45, "45 Tage": 45, "": 0, "0": 0, "-3": 0, "many": 0, "99999": 0, "1e9": 0} {
		if got, ok := daysTyped(words); ok != (want > 0) || ok && got != want {
			t.Errorf("%q is %d days (%v), want %d", words, got, ok, want)
		}
	}
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	if got := unusedDays(withUnused(directory.KeyQuery{}, 45, now), now.Add(time.Minute)); got != 45 {
		t.Errorf("asked for 45 days it says %d", got)
	}
}

func TestPendingKeysAreMailedAgainOrWithdrawnTogether(t *testing.T) {
	b, p := openKeys(t, 6)
	b.setUpMail(directory.PIN)
	p.standing.OnChanged("pending")
	b.keysListed(p)
	p.list.Mark(0, 1) // key005 and key003
	b.tap("Send mails again")
	if b.question == nil || !b.says("Send 2 mails again?") {
		t.Fatal("it does not ask")
	}
	b.tap("Send mails again")
	b.until("the end", func() bool { return p.job != nil && p.job.state.Over && !p.state.Asking })
	if words, well := p.job.state.words(); !well || words != "2 new mails go out." {
		t.Errorf("it says %q, want that two mails go out", words)
	}
	for _, id := range []string{"key005", "key003"} {
		if w, err := b.station.Activation.Waiting(t.Context(), id); err != nil || w.Message == nil || w.Ticket.State != directory.Open {
			t.Errorf("%s has no mail, or no link that works: %+v, %v", id, w, err)
		}
	}
	p.standing.OnChanged("")
	b.keysListed(p)
	p.list.Mark(0, 0) // key005
	b.tap("Withdraw keys")
	b.tap("Withdraw keys")
	b.until("the end", func() bool { return p.job != nil && p.job.state.Over && !p.state.Asking })
	for id, want := range map[string]directory.KeyState{"key005": directory.Revoked, "key003": directory.Pending} {
		if k, err := b.station.Directory.Key(t.Context(), id); err != nil || k.State != want {
			t.Errorf("%s is %s (%v), want %s", id, k.State, err, want)
		}
	}
}

func TestWhatIsDoneWithChosenKeysFollowsWhatTheyAre(t *testing.T) {
	_, p := openKeys(t, 4) // key003 and key001 are pending, key002's PIN is temporary
	for _, c := range []struct {
		chosen []string
		want   string
	}{
		{[]string{"key003", "key001"}, "[resend withdraw]"},
		{[]string{"key003", "key002"}, "[resend disable revoke]"},
		{[]string{"key003", "key000"}, "[disable revoke]"},
		{[]string{"key000"}, "[disable revoke]"},
	} {
		rows := map[string]string{}
		for _, id := range c.chosen {
			rows[id] = id
		}
		s := p.state
		s.Chosen = chosen{}.mark(rows, true)
		if got := fmt.Sprint(s.acts()); got != c.want {
			t.Errorf("with %v: %s, want %s", c.chosen, got, c.want)
		}
	}
	all := p.state
	all.Chosen = chosen{All: true}
	if got := fmt.Sprint(all.acts()); got != "[disable revoke]" {
		t.Errorf("with all of them: %s, want what can be done with keys in use", got)
	}
	all.Query.State = directory.Pending
	if got := fmt.Sprint(all.acts()); got != "[resend withdraw]" {
		t.Errorf("with all that are pending: %s, want what can be done with those", got)
	}
}
