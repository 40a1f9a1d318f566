package wizard

import (
	"strings"
	"testing"

	"tapstation/app/directory"
	"tapstation/app/enroll"
	"tapstation/assets/text"
	"tapstation/device"
	"tapstation/device/virtual"
	"tapstation/ui/tap"
	"tapstation/ui/widget"
)

func ada() *directory.User { return &directory.User{ID: "ada", FirstName: "Ada"} }

func TestDifferentPINsAreTypedAgain(t *testing.T) {
	b := newBench(t, ada())
	b.toTap()
	b.reader.Insert(blank(t, 1))
	b.phase(tap.Asking)
	b.types("271828")
	b.tab()
	b.types("271829")
	b.enter()
	if got := b.problem(text.T("tap.pin.again_label")); got != text.T("tap.pin.mismatch") {
		t.Errorf("below the second PIN stands %q", got)
	}
	b.wantFocus(text.T("tap.pin.again_label"))
	b.types("271828") // takes the place of what was wrong
	b.enter()
	b.page(NamePage)
}

func TestShortPINIsRefusedWithTheFirstFieldFocused(t *testing.T) {
	b := newBench(t, ada())
	b.toTap()
	b.reader.Insert(blank(t, 1))
	b.phase(tap.Asking)
	b.types("12")
	b.tab()
	b.types("12")
	b.enter()
	if got := b.problem(text.T("tap.pin.new_label")); got != text.N("pin.too_short", 6) {
		t.Errorf("below the PIN stands %q", got)
	}
	if got := b.problem(text.T("tap.pin.again_label")); got != "" {
		t.Errorf("below the second PIN stands %q, want one problem at a time", got)
	}
	b.wantFocus(text.T("tap.pin.new_label"))
}

// withPIN is a card that has a PIN.
func (b *bench) withPIN(pin device.PIN) *virtual.Card {
	b.t.Helper()
	card := blank(b.t, 9)
	b.reader.Insert(card)
	c, err := b.config.Board.Open(b.t.Context(), readerName)
	b.must(err)
	b.must(c.SetPIN(b.t.Context(), pin))
	b.must(c.Close())
	b.reader.Remove()
	return card
}

func TestWrongPINOfACardTellsTheAttemptsLeft(t *testing.T) {
	b := newBench(t, ada())
	card := b.withPIN("314159")
	b.toTap()
	b.reader.Insert(card)
	b.phase(tap.Asking)
	b.types("000000")
	b.enter()
	b.until("the refusal", func() bool { return b.Ceremony().State().PIN.Refused != nil })
	if got := b.entry(text.T("tap.pin.label")).Text; got != "" {
		t.Errorf("the wrong PIN still stands in the field (%d characters)", len(got))
	}
	if got := b.problem(text.T("tap.pin.label")); got != text.T("pin.wrong") {
		t.Errorf("below the PIN stands %q", got)
	}
	if widget.Find[*widget.Badge](b.Content(), text.N("tap.pin.left", 7)) == nil {
		t.Error("the attempts left are not told")
	}
	b.wantFocus(text.T("tap.pin.label"))
	b.types("314159")
	b.enter()
	b.page(NamePage)
}

func TestEnterAndEscapeWhileACardIsAwaited(t *testing.T) {
	b := newBench(t, ada())
	b.toTap()
	b.enter()
	if s := b.Ceremony().State(); b.State().Page != ActivationPage || s.Phase != tap.Running {
		t.Errorf("Enter did something: page %d, phase %d", b.State().Page, s.Phase)
	}
	if b.button(text.T("page.again")) != nil || b.button(text.T("wizard.next")) != nil {
		t.Error("there is something to press between tap and result")
	}
	b.escape()
	b.page(HowPage)
}

func TestCancelSaysWhatIsLeftAndTheSameCardFinishes(t *testing.T) {
	b := newBench(t, ada())
	b.toTap()
	card := blank(t, 1)
	b.reader.Insert(card)
	b.phase(tap.Asking)
	b.types("271828")
	b.tab()
	b.types("271828")
	card.Faults().RemoveAfter(3) // amid what is written
	b.enter()
	b.step(enroll.WaitAgain)
	if b.button(text.T("user.key.cancel")) == nil {
		t.Error("the button that stops what has begun does not say Cancel")
	}
	b.escape()
	b.phase(tap.Stopped)
	if left := b.Ceremony().State().Words().Remedy; left == text.T("tap.left.nothing") || left == "" {
		t.Errorf("what is left on the card is told as %q", left)
	}
	b.wantFocus(text.T("page.again"))
	b.enter()
	b.step(enroll.WaitAgain)
	b.reader.Insert(card)
	b.page(NamePage)
	if _, keys := b.user("ada"); len(keys) != 1 || card.Credentials() != 1 {
		t.Errorf("%d keys and %d credentials on the card, want one of each", len(keys), card.Credentials())
	}
}

func TestFailureSaysWhatToDoAndTheNextTapBeginsAgain(t *testing.T) {
	b := newBench(t, ada())
	b.toTap()
	b.reader.Insert(newCard(t, virtual.Options{NotFIDO: true, UID: []byte{4, 9, 9, 9, 9, 9, 9}}))
	b.phase(tap.Failed)
	b.wantFocus(text.T("page.again"))
	details := widget.Find[*widget.Copyable](b.Content(), text.T("page.details"))
	if details != nil {
		t.Error("the details are shown before they are asked for")
	}
	b.button(text.T("page.details")).Tapped(nil)
	details = widget.Find[*widget.Copyable](b.Content(), text.T("page.details"))
	if details == nil || !strings.Contains(details.Text(), device.ErrNotFIDO.Error()) {
		t.Fatal("the details do not tell the error")
	}
	b.reader.Remove()
	b.reader.Insert(blank(t, 1))
	b.choosePIN("271828")
	b.page(NamePage)
}

func TestReaderProblemsAreToldAndGoByThemselves(t *testing.T) {
	b := newBench(t, ada())
	b.service.RemoveReader(readerName)
	b.toTap()
	b.step(enroll.WaitReader)
	link := b.button(text.T("reader.driver"))
	if link == nil {
		t.Fatal("there is no way to the reader driver")
	}
	link.Tapped(nil)
	if len(b.links) != 1 || b.links[0] != "https://example.org/driver" {
		t.Errorf("opened %q, want the workspace's driver link", b.links)
	}
	b.service.Stop()
	b.step(enroll.WaitService)
	b.service.Start()
	reader := b.service.AddReader(readerName)
	b.step(enroll.WaitCard)
	if b.button(text.T("reader.driver")) != nil {
		t.Error("the driver is still offered with a reader there")
	}
	reader.Insert(blank(t, 1))
	b.choosePIN("271828")
	b.page(NamePage)
}

// enrolled is a card that is a key of another user.
func (b *bench) enrolled(id string) *virtual.Card {
	b.t.Helper()
	card := blank(b.t, 7)
	b.must2(b.dir.AddUser(b.t.Context(), "os:test", directory.User{ID: id, FirstName: "Grace"}))
	s := b.State()
	mine := s.Saved
	s.Saved, _ = b.user(id)
	b.set(s)
	b.toTap()
	b.reader.Insert(card)
	b.choosePIN("271828")
	b.page(NamePage)
	b.reader.Remove()
	s = Begin(&mine)
	s.Known = []string{"Staff"}
	b.set(s)
	return card
}

func (b *bench) must2(_ directory.User, err error) {
	b.t.Helper()
	b.must(err)
}

func TestCardOfSomebodyElseIsNotTakenByChance(t *testing.T) {
	b := newBench(t, ada())
	card := b.enrolled("grace")
	b.toTap()
	b.reader.Insert(card)
	b.phase(tap.Choosing)
	b.wantFocus(text.T("tap.ask.stop"))
	words := b.Ceremony().State().Words().Remedy
	if !strings.Contains(words, "Grace") || !strings.Contains(words, "“Card”") {
		t.Errorf("the question does not name whose and which: %q", words)
	}
	b.enter()
	b.phase(tap.Failed)
	if _, keys := b.user("grace"); keys[0].State != directory.Active {
		t.Errorf("the key of the other user is %s", keys[0].State)
	}
}

func TestCardOfSomebodyElseIsReplacedOnDemand(t *testing.T) {
	b := newBench(t, ada())
	card := b.enrolled("grace")
	b.toTap()
	b.reader.Insert(card)
	b.phase(tap.Choosing)
	b.tab()
	b.wantFocus(text.T("tap.ask.replace.yes"))
	b.enter()
	b.phase(tap.Asking) // the PIN it has
	b.types("271828")
	b.enter()
	b.page(NamePage)
	if _, keys := b.user("grace"); keys[0].State != directory.Revoked {
		t.Errorf("the replaced key is %s, want revoked", keys[0].State)
	}
}

func TestLastAttemptsWantATypedWord(t *testing.T) {
	b := newBench(t, ada())
	card := b.withPIN("314159")
	b.toTap()
	b.reader.Insert(card)
	for left := 8; left > 2; left-- {
		b.until("the PIN to be asked for", func() bool {
			s := b.Ceremony().State()
			return s.Phase == tap.Asking && s.PIN.Retries == left
		})
		b.types("000000")
		b.enter()
		if left == 6 || left == 3 {
			b.step(enroll.WaitAgain)
			b.reader.Remove()
			b.reader.Insert(card)
		}
	}
	b.phase(tap.Choosing)
	b.wantFocus(text.T("tap.ask.stop"))
	try := b.button(text.T("tap.ask.last.yes"))
	if !try.Disabled() {
		t.Error("the last attempts can be spent without a typed confirmation")
	}
	b.back() // to the line
	b.types("tr")
	b.enter()
	if b.Ceremony().State().Phase != tap.Choosing {
		t.Fatal("half the word was enough")
	}
	b.types("Y")
	if try.Disabled() {
		t.Error("the word is typed, but the button does not work")
	}
	b.enter()
	b.phase(tap.Asking)
	b.types("314159")
	b.enter()
	b.page(NamePage)
}

func TestUnfinishedCardCanBeGivenUp(t *testing.T) {
	b := newBench(t, ada())
	b.toTap()
	lost := blank(t, 1)
	b.reader.Insert(lost)
	b.phase(tap.Asking)
	b.types("271828")
	b.tab()
	b.types("271828")
	lost.Faults().RemoveAfter(3)
	b.enter()
	b.step(enroll.WaitAgain)
	b.escape()
	b.phase(tap.Stopped)
	b.enter()
	b.until("the card of before to be awaited", func() bool { return b.Ceremony().State().Unfinished() })
	b.button(text.T("tap.abandon")).Tapped(nil)
	b.wantFocus(text.T("tap.ask.abandon.no"))
	b.tab()
	b.enter()
	b.until("a new beginning", func() bool {
		s := b.Ceremony().State()
		return s.Phase == tap.Running && s.Step.Kind == enroll.WaitCard && s.Step.Problem == nil
	})
	b.reader.Insert(blank(t, 2))
	b.choosePIN("161803")
	b.page(NamePage)
}
