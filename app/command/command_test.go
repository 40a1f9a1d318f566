package command

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tapstation/app/directory"
	"tapstation/device"
	"tapstation/device/virtual"
)

func TestTimeoutNamesWhatWasMissing(t *testing.T) {
	for name, test := range map[string]struct {
		prepare func(d *desk)
		args    []string
		code    string
	}{
		"no service":   {func(d *desk) { d.service.Stop() }, nil, "service_down"},
		"no reader":    {func(d *desk) { d.service.RemoveReader(readerName) }, nil, "no_reader"},
		"other reader": {func(d *desk) { d.reader.Insert(blank(d.t, 1)) }, []string{"--reader", "Another"}, "no_reader"},
		"held reader":  {func(d *desk) { d.reader.Insert(blank(d.t, 1)); d.reader.Hold(true) }, nil, "reader_held"},
		"no card":      {func(*desk) {}, nil, "timeout"},
		"slow card": {func(d *desk) {
			card := blank(d.t, 1)
			card.Faults().Delay(time.Second, 0)
			d.reader.Insert(card)
		}, nil, "timeout"},
		"card taken away": {func(d *desk) {
			card := blank(d.t, 1)
			card.Faults().RemoveAfter(1)
			d.reader.Insert(card)
		}, nil, "removed"},
	} {
		for command, args := range map[string][]string{
			"enroll": {"enroll", "ada", "--verification", "pinless"},
			"whois":  {"whois"},
		} {
			t.Run(name+"/"+command, func(t *testing.T) {
				d := newDesk(t)
				d.must("users", "add", "ada")
				test.prepare(d)
				want := test.code
				if want == "removed" && command == "whois" {
					want = "timeout" // it does not mind which card comes next
				}
				o := d.run(append(append(args, test.args...), "--json", "--timeout", "300ms")...)
				o.fails(Failed, want)
				if name == "slow card" != strings.Contains(o.stdout, "not done within 300ms") {
					t.Errorf("it is said that\n%swant what it had to wait for", o.stdout)
				}
			})
		}
	}
}

func TestUnfinishedEnrollmentIsBegunAnewOnRequestOnly(t *testing.T) {
	d := newDesk(t)
	d.must("users", "add", "ada")
	enroll := []string{"enroll", "ada", "--verification", "pinless", "--json", "--timeout", "500ms"}
	lost := blank(t, 1)
	lost.Faults().RemoveAfter(3) // its credential is made, and the answer lost
	d.reader.Insert(lost)
	torn := d.run(enroll...)
	torn.fails(Failed, "removed")
	if want := "\nThe card was taken away.\nTap the same card again …\n"; !strings.Contains(torn.stderr, want) {
		t.Errorf("whoever holds the card reads %q, want %q in it", torn.stderr, want)
	}
	d.tap(blank(t, 2))
	d.run(enroll...).fails(Failed, "other_card")
	d.tap(blank(t, 2))
	d.must(append(enroll, "--anew")...)
}

// closed is a service that lets this account not in.
type closed struct{}

func (closed) Watch(ctx context.Context, report func(device.Event)) error {
	report(device.Event{Kind: device.ServiceDown})
	<-ctx.Done()
	return ctx.Err()
}

func (closed) Open(context.Context, string) (device.Card, error) { return nil, device.ErrDenied }

func TestServiceThatLetsNobodyInIsToldFromOneThatIsDown(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	waited := fmt.Errorf("wait for a card: %w", ctx.Err())
	err := cardFlags{}.expired(ctx, device.NewBoard(closed{}), waited, device.ErrServiceDown)
	if got := explain(err); got.Code != "service_denied" {
		t.Errorf("code %q, want service_denied", got.Code)
	}
	err = cardFlags{}.expired(ctx, device.NewBoard(closed{}), waited, device.ErrNoReader)
	if got := explain(err); got.Code != "no_reader" {
		t.Errorf("code %q, want no_reader", got.Code)
	}
}

func TestEnrollTakesTheWorkspacesDefaults(t *testing.T) {
	d := newDesk(t)
	d.must("users", "add", "ada")
	s, end := d.open(d.folder)
	w := directory.DefaultWorkspace()
	w.Verification, w.OfflineLogin = directory.PINless, true
	if err := s.Directory.SetWorkspace(t.Context(), "os:test", w); err != nil {
		t.Fatal(err)
	}
	if err := end(); err != nil {
		t.Fatal(err)
	}
	var doc enrollDocument
	d.tap(blank(t, 1))
	d.must("enroll", "ada", "--json").decode(&doc)
	if doc.Verification != "pinless" || !doc.OfflineLogin {
		t.Errorf("enrolled %s, offline login %v; want the workspace's pinless and true", doc.Verification, doc.OfflineLogin)
	}
	d.tap(blank(t, 2))
	d.stdin = strings.NewReader("271828\n")
	d.must("enroll", "ada", "--json", "--verification", "pin", "--no-offline-login", "--pin-stdin").decode(&doc)
	if doc.Verification != "pin" || doc.OfflineLogin || doc.KeyName != "Card 2" {
		t.Errorf("enrolled %q %s, offline login %v; want Card 2, pin, false", doc.KeyName, doc.Verification, doc.OfflineLogin)
	}
}

func TestPINFromStandardInputIsTriedOnce(t *testing.T) {
	d := newDesk(t)
	d.must("users", "add", "ada")
	d.must("users", "add", "bob")
	card := blank(t, 1)
	enroll := func(user, line string) outcome {
		d.tap(card)
		d.stdin = strings.NewReader(line)
		return d.run("enroll", user, "--verification", "pin", "--pin-stdin", "--json", "--timeout", "20s")
	}
	enroll("ada", "12\n").fails(Failed, "pin_policy")
	enroll("ada", "").fails(Failed, "pin_required")
	enroll("ada", strings.Repeat("1", 5000)).fails(Failed, "failed")
	enroll("ada", "\xff\xfe1234\n").fails(Failed, "failed")
	// Only the end of the line is taken off; a space is part of the PIN.
	if o := enroll("ada", " 271828 \r\nnext line"); o.status != Done {
		t.Fatalf("enroll: %s%s", o.stdout, o.stderr)
	}
	login := func(line string) outcome {
		d.tap(card)
		d.stdin = strings.NewReader(line)
		return d.run("login", "ada", "--pin-stdin", "--json", "--timeout", "20s")
	}
	login("271828\n").fails(Failed, "pin_wrong")
	var doc readersDocument
	d.must("readers", "--json").decode(&doc)
	if left := doc.Readers[0].Card.PINRetries; left == nil || *left != 7 {
		t.Errorf("attempts left: %v, want 7 after one wrong PIN", left)
	}
	if o := login(" 271828 "); o.status != Done {
		t.Errorf("log in with the PIN as it was given: %s%s", o.stdout, o.stderr)
	}
}

func TestNothingIsRiskedWithoutAConfirmation(t *testing.T) {
	d := newDesk(t)
	d.must("users", "add", "ada")
	card := blank(t, 1)
	d.tap(card)
	d.stdin = strings.NewReader("271828\n")
	d.must("enroll", "ada", "--verification", "pin", "--pin-stdin")
	wrong := func() outcome {
		d.tap(card)
		d.stdin = strings.NewReader("999999\n")
		return d.run("login", "ada", "--pin-stdin", "--json", "--timeout", "20s")
	}
	for range 6 {
		wrong().fails(Failed, "pin_wrong")
	}
	wrong().fails(Failed, "pin_last_attempts")
	d.must("users", "add", "bob")
	d.tap(card)
	d.stdin = strings.NewReader("271828\n")
	d.run("enroll", "bob", "--pin-stdin", "--json", "--timeout", "20s").fails(Failed, "already_enrolled")

	var doc readersDocument
	d.must("readers", "--json").decode(&doc)
	if left := doc.Readers[0].Card.PINRetries; left == nil || *left != 2 {
		t.Errorf("attempts left: %v, want the last 2 to be still there", left)
	}
}

func TestInterruptEndsCleanly(t *testing.T) {
	for name, args := range map[string][]string{
		"enroll": {"enroll", "ada", "--verification", "pinless", "--json"},
		"whois":  {"whois", "--json"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.must("users", "add", "ada")
			ctx, interrupt := context.WithCancel(t.Context())
			defer interrupt()
			var out strings.Builder
			stderr := &watched{on: func(all string) {
				if strings.Contains(all, "Tap the card") {
					interrupt()
				}
			}}
			status := Main(ctx, append(args, "--data", d.folder), Parts{Stdin: d.stdin, Stdout: &out, Stderr: stderr, Open: d.open})
			outcome{t, status, out.String(), stderr.String()}.fails(Failed, "cancelled")
		})
	}
}

func TestInterruptEndsWaitingForThePIN(t *testing.T) {
	d := newDesk(t)
	d.must("users", "add", "ada")
	r, w := io.Pipe() // on which nothing comes
	defer w.Close()
	d.stdin = r
	ctx, interrupt := context.WithCancel(t.Context())
	d.before = interrupt
	d.runWithin(ctx, "enroll", "ada", "--pin-stdin", "--json").fails(Failed, "cancelled")
}

func TestReadersTellWhatACardCanDo(t *testing.T) {
	d := newDesk(t)
	d.service.AddReader("Second")
	d.tap(newCard(t, virtual.Options{UID: []byte{4, 2, 2, 2}, AAGUID: [16]byte{0xAB, 15: 0xCD}}))
	var doc readersDocument
	d.must("readers", "--json").decode(&doc)
	if !doc.Service || len(doc.Readers) != 2 || doc.Readers[0].Name != readerName || doc.Readers[1].Card != nil {
		t.Fatalf("readers: %+v, want both, a card on the first", doc)
	}
	c := doc.Readers[0].Card
	if c == nil || !c.FIDO2 || c.UID == nil || *c.UID != "04020202" || c.AAGUID != "ab000000-0000-0000-0000-0000000000cd" ||
		len(c.Versions) == 0 || c.PINSet == nil || *c.PINSet || c.PINRetries != nil || c.MaxMsgSize == 0 {
		t.Errorf("the card: %+v, want it described", c)
	}
	d.must("readers", "--reader", "Second", "--json").decode(&doc)
	if len(doc.Readers) != 1 || doc.Readers[0].Name != "Second" {
		t.Errorf("the second reader only: %+v", doc.Readers)
	}
	d.service.Stop()
	d.must("readers", "--json").decode(&doc)
	if doc.Service || len(doc.Readers) != 0 {
		t.Errorf("with the service down: %+v, want no service and no readers", doc)
	}
}

func TestUsersAreListedPageByPage(t *testing.T) {
	d := newDesk(t)
	for _, id := range []string{"ada", "bob", "carol"} {
		d.must("users", "add", id, "--first-name", strings.ToUpper(id), "--group", "Staff")
	}
	var doc usersDocument
	d.must("users", "list", "--limit", "2", "--json").decode(&doc)
	if len(doc.Users) != 2 || doc.Users[0].UserID != "ada" || doc.Users[0].Keys == nil || doc.Next == "" {
		t.Fatalf("first page: %+v, want ada and bob and a next", doc)
	}
	d.must("users", "list", "--limit", "2", "--after", doc.Next, "--json").decode(&doc)
	if len(doc.Users) != 1 || doc.Users[0].UserID != "carol" || doc.Next != "" {
		t.Errorf("second page: %+v, want carol and no next", doc)
	}
	d.must("users", "list", "--query", "car", "--json").decode(&doc)
	if len(doc.Users) != 1 || doc.Users[0].UserID != "carol" {
		t.Errorf("search: %+v, want carol", doc)
	}
	if o := d.must("users", "list", "--limit", "1"); !strings.Contains(o.stdout, "There are more: --after") {
		t.Errorf("a list cut short does not say so:\n%s", o.stdout)
	}
}

func TestActsAreOnRecordAsTheOperatingSystemsUser(t *testing.T) {
	d := newDesk(t)
	d.must("users", "add", "ada")
	s, end := d.open(d.folder)
	defer func() { _ = end() }()
	by, err := actor()
	if err != nil {
		t.Fatal(err)
	}
	entries, err := s.Directory.Audit(t.Context(), by, directory.AuditQuery{Last: 1})
	if err != nil || len(entries) != 1 || entries[0].Actor != by || !strings.HasPrefix(by, "os:") {
		t.Errorf("on record: %+v (%v), want an act of %s", entries, err, by)
	}
}

func TestTerminalIsNotToldWhatNamesWouldDoToIt(t *testing.T) {
	if got := clean("Reader\x1b[2J\u202e7\r"); strings.ContainsAny(got, "\x1b\r\u202e") {
		t.Errorf("cleaned: %q, want nothing that moves a cursor or turns text around", got)
	}
	if got, want := clean("Jürgen 日本 line\nline"), "Jürgen 日本 line\nline"; got != want {
		t.Errorf("cleaned: %q, want %q", got, want)
	}
}

func TestConfigurationIsBounded(t *testing.T) {
	big := filepath.Join(t.TempDir(), "big.json")
	if err := os.WriteFile(big, []byte(`{"reader": "`+strings.Repeat("x", maxConfig)+`"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	newDesk(t).run("--config", big, "--json", "version").fails(Misused, "usage")
}

func FuzzConfiguration(f *testing.F) {
	f.Add([]byte(`{"reader": "x", "timeout": "1s"}`))
	f.Add([]byte(`{"json": true} {}`))
	f.Add([]byte(`[1]`))
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "config.json")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		status := Main(t.Context(), []string{"--config", path, "version"}, Parts{Stdout: &out, Stderr: io.Discard})
		if status != Done && status != Misused {
			t.Errorf("version with the configuration %q: status %d", b, status)
		}
	})
}

func TestReadersSayWhichCardDoesNotAnswer(t *testing.T) {
	d := newDesk(t)
	card := blank(t, 1)
	card.Faults().Delay(200*time.Millisecond, 0)
	d.reader.Insert(card)
	station, closeAll := d.open(d.folder)
	ctx, cancel := context.WithCancel(t.Context())
	var watch sync.WaitGroup
	watch.Go(func() { _ = station.Board.Run(ctx) })
	defer func() {
		cancel()
		watch.Wait()
		if err := closeAll(); err != nil {
			t.Error(err)
		}
	}()
	state := settled(ctx, station.Board)
	soon, cancelSoon := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancelSoon()
	doc := lookAt(soon, station.Board, state.Readers[0])
	if doc.Card == nil || doc.Card.Error == nil || doc.Card.Error.Code != "card_mute" {
		t.Errorf("the card is told as %+v, want one that does not answer", doc.Card)
	}
}
