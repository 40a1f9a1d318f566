package desk

import (
	"context"
	"testing"

	"fyne.io/fyne/v2"

	"tapstation/app/directory"
	"tapstation/app/enroll"
	"tapstation/device"
	"tapstation/device/virtual"
	"tapstation/ui/widget"
)

// lay lays a card on the reader, and waits until the board shows it.
func (b *bench) lay(r *virtual.Reader, c *virtual.Card) {
	b.t.Helper()
	before, _ := b.station.Board.State()
	r.Insert(c)
	if _, err := b.station.Board.Wait(b.t.Context(), func(s device.State) bool { return s.Taps > before.Taps }); err != nil {
		b.t.Fatal(err)
	}
}

// withCards gives the desk a reader whose cards can be talked to.
func withCards(reader **virtual.Reader) func(*bench) {
	return func(b *bench) {
		*reader = b.service.AddReader("Reader")
		b.source.real = true
	}
}

func newVirtual(t *testing.T, o virtual.Options) *virtual.Card {
	t.Helper()
	c, err := virtual.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// enrolled makes a card a PINless key of a user.
func (b *bench) enrolled(r *virtual.Reader, c *virtual.Card, userID string, v directory.Verification) directory.SecurityKey {
	b.t.Helper()
	r.Insert(c)
	defer r.Remove()
	res, err := b.station.Enroller.Enroll(b.t.Context(), enroll.Request{UserID: userID, Verification: v, Actor: b.actor()}, silent{})
	if err != nil {
		b.t.Fatal(err)
	}
	return res.Key
}

// silent is a Prompter that is asked for the PIN of new cards only.
type silent struct{}

func (silent) Progress(enroll.Step) {}

func (silent) PIN(context.Context, enroll.PINRequest) (device.PIN, error) { return cardPIN, nil }

func (silent) Confirm(context.Context, enroll.Question) (bool, error) { return false, nil }

const cardPIN device.PIN = "314159"

func TestCardOfNobodyIsToldAboveThePageWithoutTakingTheFocus(t *testing.T) {
	var reader *virtual.Reader
	b := newBench(t, 3, withCards(&reader))
	b.listed()
	b.write("u0")
	typing := b.window.Canvas().Focused()
	b.lay(reader, newVirtual(t, virtual.Options{UID: []byte{4, 1, 2, 3, 4, 5, 6}}))
	b.until("the banner", func() bool { return b.says("This card is nobody's here.") })
	if b.window.Canvas().Focused() != typing {
		t.Error("the banner takes the focus from the search")
	}
	b.write("01")
	if got := b.users.search.Text(); got != "u001" {
		t.Errorf("typed on, the search holds %q, want u001", got)
	}
	b.press(fyne.KeyEscape) // empties the search
	b.press(fyne.KeyEscape)
	if b.says("This card is nobody's here.") {
		t.Error("Escape does not take the banner away")
	}
	if b.page != page(b.users) {
		t.Error("Escape did more than to take the banner away")
	}
}

func TestBannerGoesWithTheCard(t *testing.T) {
	var reader *virtual.Reader
	b := newBench(t, 1, withCards(&reader))
	b.listed()
	b.lay(reader, newVirtual(t, virtual.Options{NotFIDO: true}))
	b.until("the banner", func() bool { return b.whois.banner.Visible() })
	reader.Remove()
	b.until("its end", func() bool { return !b.whois.banner.Visible() })
}

func TestCardIsLeftToWhoWaitsForIt(t *testing.T) {
	var reader *virtual.Reader
	b := newBench(t, 1, withCards(&reader))
	b.listed()
	b.NewUser()
	b.lay(reader, newVirtual(t, virtual.Options{}))
	b.until("the card in the rail", func() bool { return b.rail.reader.state.Taps > 0 })
	if b.whois.looking || b.whois.banner.Visible() {
		t.Error("a card laid down for the wizard is looked at")
	}
	b.ShowUsers()
	b.settle()
	if b.whois.looking || b.whois.banner.Visible() {
		t.Error("a card that was left to the wizard is looked at afterwards")
	}
}

func TestCardOfAUserLeadsToThem(t *testing.T) {
	var reader *virtual.Reader
	b := newBench(t, 3, withCards(&reader))
	b.listed()
	card := newVirtual(t, virtual.Options{UID: []byte{4, 1, 2, 3, 4, 5, 6}})
	key := b.enrolled(reader, card, "u001", directory.PINless)
	b.lay(reader, card)
	b.until("the banner", func() bool { return b.says("This is “" + key.Name + "” of User Number1.") })
	for _, sign := range []string{"Active", "PINless"} {
		if widget.Find[*widget.Badge](b.Page(), sign) == nil {
			t.Errorf("the banner lacks the sign %q", sign)
		}
	}
	b.tap("Open User Number1")
	if p, ok := b.page.(*userPage); !ok || p.state.ID != "u001" {
		t.Error("the banner does not lead to the user")
	}
}
