package wizard

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"tapstation/app/activation"
	"tapstation/app/directory"
	"tapstation/app/enroll"
	"tapstation/assets/text"
	"tapstation/device"
	"tapstation/ui/widget"
)

// withMail sets mail and the pages behind the links up.
func withMail(b *bench, _ *Config) {
	w := directory.DefaultWorkspace()
	w.Mail.Host, w.Mail.From, w.Portal.URL = "mail.example.org", "keys@example.org", "https://localhost"
	b.must(b.dir.SetWorkspace(b.t.Context(), "os:test", w))
}

func adaWithMail() *directory.User {
	return &directory.User{ID: "ada", FirstName: "Ada", Email: "ada@example.org"}
}

// toHow goes from the kind of key to the question how it is activated.
func (b *bench) toHow() {
	b.t.Helper()
	b.until("what the keys are by default", func() bool { return b.ready })
	b.enter()
	b.page(SettingsPage)
	b.enter()
	b.page(HowPage)
}

func TestKeyIsAssignedByMailWithTheKeyboardAlone(t *testing.T) {
	b := newBench(t, adaWithMail(), withMail)
	b.toHow()
	b.wantFocus(text.T("wizard.how.title"))
	b.key(fyne.KeyDown)
	if !b.State().Mails() {
		t.Fatal("the arrow does not choose activation by mail")
	}
	b.enter()
	b.page(AssignPage)
	b.wantFocus(text.T("wizard.name.label"))
	if got := b.entry(text.T("wizard.name.label")).Text; got != "Card" {
		t.Errorf("the name filled in is %q, want Card", got)
	}
	b.key(fyne.KeyEnd)
	b.types(" (blue)")
	b.enter()
	b.page(MailedPage)
	b.wantFocus(text.T("wizard.done"))
	_, keys := b.user("ada")
	if len(keys) != 1 || keys[0].State != directory.Pending || keys[0].Name != "Card (blue)" || keys[0].Verification != directory.PIN {
		t.Fatalf("keys are %+v; want one, pending, with the name typed and a PIN", keys)
	}
	w, err := b.tickets.Waiting(t.Context(), keys[0].ID)
	b.must(err)
	if w.Message == nil || w.Message.To != "ada@example.org" || w.Message.State != directory.Queued {
		t.Errorf("the mail is %+v, want one to ada that is queued", w.Message)
	}
	for _, words := range []string{
		text.T("wizard.mailed.title", "Name", "Ada"), text.T("wizard.mailed.text", "To", "ada@example.org", "Key", "Card (blue)"),
		text.T("wizard.mailed.until", "Until", text.DateTime(w.Ticket.Expires)),
	} {
		if !b.says(words) {
			t.Errorf("the page does not say %q", words)
		}
	}
	b.escape()
	if b.State().Page != MailedPage || b.ended != nil {
		t.Error("Escape goes back from a mail that is on its way")
	}
	b.enter()
	if len(b.ended) != 1 || b.ended[0] != "ada" {
		t.Errorf("told at the end: %q, want ada", b.ended)
	}
}

// says tells whether a paragraph or a badge on the page holds words.
func (b *bench) says(words string) bool {
	found := false
	widget.Walk(b.Content(), func(o fyne.CanvasObject) bool {
		switch o := o.(type) {
		case *widget.Paragraph:
			found = found || strings.Contains(o.Text(), words)
		case *widget.Badge:
			found = found || strings.Contains(o.AccessibilityLabel(), words)
		}
		return found
	})
	return found
}

func TestLinkAndCodeAreCopiedForWhomTheMailDoesNotReach(t *testing.T) {
	b := newBench(t, adaWithMail(), withMail)
	b.toHow()
	b.key(fyne.KeyDown)
	b.enter()
	b.page(AssignPage)
	b.enter()
	b.page(MailedPage)
	for label, find := range map[string]func(string) (activation.Opened, error){
		text.T("activation.copy_link"): func(copied string) (activation.Opened, error) {
			token, ok := activation.ParseLink(copied)
			if !ok {
				t.Errorf("copied is %q, want a link", copied)
			}
			return b.tickets.ByLink(t.Context(), token)
		},
		text.T("activation.copy_code"): func(copied string) (activation.Opened, error) {
			return b.tickets.ByCode(t.Context(), "test", copied)
		},
	} {
		b.set(func() State { s := b.State(); s.Mailed.Copied = ""; return s }())
		b.button(label).Tapped(nil)
		b.until("what was copied", func() bool { return b.State().Mailed.Copied != "" })
		o, err := find(fyne.CurrentApp().Clipboard().Content())
		if err != nil || o.Key.ID != b.State().Mailed.Key.ID {
			t.Errorf("%s copies what opens %q (%v), want the key's ticket", label, o.Key.ID, err)
		}
		if !b.says(b.State().Mailed.Copied) {
			t.Errorf("%s does not say that it has copied", label)
		}
	}
}

// lay lays another card on the reader and waits until the board has it.
func (b *bench) lay(uid byte) {
	b.t.Helper()
	before, _ := b.config.Board.State()
	b.reader.Remove()
	b.reader.Insert(blank(b.t, uid))
	_, err := b.config.Board.Wait(b.t.Context(), func(s device.State) bool { return s.Taps > before.Taps })
	b.must(err)
}

// told runs the next that is handed to the window.
func (b *bench) told() {
	b.t.Helper()
	select {
	case f := <-b.queue:
		f()
	case <-time.After(patience):
		b.t.Fatal("the window was not told of the card")
	}
}

func TestCardLaidDownSaysNow(t *testing.T) {
	b := newBench(t, adaWithMail(), withMail)
	b.lay(1) // of somebody before
	b.toHow()
	b.key(fyne.KeyDown)
	b.lay(2)
	b.told()
	b.key(fyne.KeyUp)
	if b.State().Page != HowPage {
		t.Fatal("a card laid down while the user is to activate the key began the ceremony")
	}
	b.Pause()
	b.lay(3)
	b.told()
	b.Resume()
	if b.State().Page != HowPage {
		t.Fatal("a card laid down while the window is locked began the ceremony")
	}
	b.lay(4)
	b.page(ActivationPage)
}

func TestMailThatCannotBeIsGreyedOutWithTheWayOut(t *testing.T) {
	led := 0
	setUp := func(_ *bench, c *Config) { c.SetUpMail = func() { led++ } }
	noRight := func(_ *bench, c *Config) { c.EditsUsers = false }
	for _, c := range []struct {
		name    string
		user    *directory.User
		more    []func(*bench, *Config)
		reason  string
		way     string // out; empty: none
		instead string // is said where there is none
	}{
		{"not set up", adaWithMail(), []func(*bench, *Config){setUp}, "wizard.how.no_mail", "wizard.how.set_up_mail", ""},
		{"not set up, by an operator", adaWithMail(), nil, "wizard.how.no_mail", "", "wizard.how.ask_mail"},
		{"no address", ada(), []func(*bench, *Config){withMail}, "wizard.how.no_address", "wizard.how.add_address", ""},
		{"no address, by an operator", ada(), []func(*bench, *Config){withMail, noRight}, "wizard.how.no_address", "", "wizard.how.ask_address"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, c.user, c.more...)
			b.toHow()
			b.key(fyne.KeyDown)
			if b.State().Mails() {
				t.Error("it can be chosen")
			}
			choice := widget.Find[*widget.Choice](b.Content(), text.T("wizard.how.title"))
			if choice.Selected() != now {
				t.Errorf("chosen is %q, want to stay with now", choice.Selected())
			}
			p := b.pages[HowPage].(*howPage)
			if want := text.T(c.reason, "Name", "Ada"); !strings.Contains(p.shown, want) {
				t.Errorf("the answer says %q, want %q in it", p.shown, want)
			}
			if c.way == "" {
				if p.wayOut.Visible() || !b.says(text.T(c.instead)) {
					t.Errorf("a way out is offered that is none, or it is not said whom to ask: %q", p.more.Text())
				}
				return
			}
			b.tab()
			b.wantFocus(text.T(c.way))
			b.enter()
			if c.way == "wizard.how.set_up_mail" {
				if led != 1 {
					t.Errorf("led to the settings %d times, want once", led)
				}
				return
			}
			b.page(UserPage)
			b.wantFocus(text.T("user.email"))
			b.types("ada@example.org")
			b.enter()
			b.page(KindPage)
			b.toHow()
			b.key(fyne.KeyDown)
			if !b.State().Mails() {
				t.Error("with an address it cannot be chosen")
			}
		})
	}
}

func TestWhoChoosesThePINIsSaidWithTheReason(t *testing.T) {
	mail := directory.DefaultWorkspace()
	mail.Mail.Host, mail.Mail.From, mail.Portal.URL = "mail.example.org", "keys@example.org", "https://localhost"
	here := mail
	here.PINChooser = directory.UserHere
	for _, c := range []struct {
		name string
		w    directory.Workspace
		u    *directory.User
		want string
	}{
		{"by mail", mail, adaWithMail(), text.T("wizard.settings.chooser_mail", "To", "ada@example.org")},
		{"mail is not set up", directory.DefaultWorkspace(), adaWithMail(), text.T("wizard.settings.chooser_no_mail")},
		{"no address", mail, ada(), text.T("wizard.settings.chooser_no_address", "Name", "Ada")},
		{"as the workspace says", here, adaWithMail(), text.T("wizard.settings.chooser_here")},
	} {
		s := Begin(c.u).Defaults(c.w)
		if got := s.chooserWords(); got != c.want {
			t.Errorf("%s: says %q, want %q", c.name, got, c.want)
		}
	}
}

func TestNameOfAnAssignedKeyIsRefusedBesideItsField(t *testing.T) {
	b := newBench(t, adaWithMail(), withMail)
	b.toHow()
	b.key(fyne.KeyDown)
	b.enter()
	b.page(AssignPage)
	b.entry(text.T("wizard.name.label")).SetText(" ")
	b.enter()
	if got := b.problem(text.T("wizard.name.label")); got != text.T("field.required") {
		t.Errorf("below the name stands %q, want that it is required", got)
	}
	b.wantFocus(text.T("wizard.name.label"))
	b.entry(text.T("wizard.name.label")).SetText("Blue")
	b.store.set(directory.ErrBusy)
	b.enter()
	b.until("the failure", func() bool { return b.State().Failure != nil })
	if b.State().Page != AssignPage || !strings.Contains(b.footer.notice.AccessibilityLabel(), text.T("problem.busy.title")) {
		t.Error("the failure is not told where it can be tried again")
	}
	b.store.set(nil)
	b.escape()
	b.page(HowPage)
	b.enter()
	b.page(AssignPage)
	if got := b.entry(text.T("wizard.name.label")).Text; got != "Blue" {
		t.Errorf("after going back the name is %q, want what was typed", got)
	}
}

func TestReplacementIsNotAskedHowItIsActivated(t *testing.T) {
	b := newBench(t, adaWithMail(), withMail, oldKey)
	b.step(enroll.WaitCard)
	b.escape()
	b.page(SettingsPage)
	b.enter()
	b.page(ActivationPage)
}

func TestLanguageOfMailsIsKept(t *testing.T) {
	b := newBench(t, nil)
	b.types("ada")
	d := widget.Find[*widget.Dropdown](b.Content(), text.T("user.language"))
	if d.Selected() != "" {
		t.Errorf("the language is %q, want the workspace's", d.Selected())
	}
	d.OnChanged("de")
	b.enter()
	b.page(KindPage)
	if u, _ := b.user("ada"); u.Language != "de" {
		t.Errorf("the language of ada is %q, want de", u.Language)
	}
	s := Begin(&directory.User{ID: "bob", Language: "de-AT"})
	if own := languages(s); own[len(own)-1].ID != "de-AT" {
		t.Errorf("offered are %v, want what bob has among it", own)
	}
}
