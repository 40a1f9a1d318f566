package doctor

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tapstation/app/directory"
	"tapstation/device"
	"tapstation/device/fido"
	"tapstation/device/pcsc"
	"tapstation/device/virtual"
	"tapstation/storage/bolt"
	"tapstation/storage/offline"
	"tapstation/storage/seal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// practice is a doctor with real stores and a reader in software to look at.
type practice struct {
	*Doctor
	t       *testing.T
	service *virtual.Service
	reader  *virtual.Reader
}

const readerName = "Test Reader"

func newPractice(t *testing.T) *practice {
	service := virtual.NewService(readerName)
	folder := filepath.Join(t.TempDir(), "data")
	dir := &directory.Directory{Store: bolt.New(filepath.Join(folder, bolt.Name))}
	board := device.NewBoard(fido.Cards(service.Watch, func(ctx context.Context, name string) (fido.Session, error) {
		card, err := service.Connect(ctx, name)
		if err != nil {
			return nil, err
		}
		return pcsc.NewSession(name, card), nil
	}))
	return &practice{t: t, service: service, reader: service.AddReader(readerName), Doctor: &Doctor{
		Board: board, Directory: dir, Cache: offline.New(filepath.Join(folder, offline.Name)),
		Seal: seal.New(folder, seal.Options{FileOnly: true}), Folder: folder,
	}}
}

// examine watches the readers from now on, so that the state the doctor waits for is the one prepared, and looks.
func (p *practice) examine(reader string) []Finding {
	p.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var watch sync.WaitGroup
	watch.Go(func() { _ = p.Board.Run(ctx) })
	defer watch.Wait()
	defer cancel()
	all, err := p.Examine(p.t.Context(), reader)
	if err != nil {
		p.t.Fatal(err)
	}
	return all
}

func (p *practice) addUser(id string) {
	p.t.Helper()
	if _, err := p.Directory.AddUser(p.t.Context(), "os:test", directory.User{ID: id}); err != nil {
		p.t.Fatal(err)
	}
}

func (p *practice) insert(o virtual.Options) *virtual.Card {
	p.t.Helper()
	card, err := virtual.New(o)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.reader.Insert(card)
}

// givePIN sets the PIN of the card on the reader and spends so many attempts, with a new tap before each.
func (p *practice) givePIN(wrong int) {
	p.t.Helper()
	card := p.reader.Card()
	for i := range wrong + 1 {
		p.reader.Remove()
		p.reader.Insert(card)
		session, err := p.Board.Open(p.t.Context(), readerName)
		if err != nil {
			p.t.Fatal(err)
		}
		if i == 0 {
			err = session.SetPIN(p.t.Context(), "271828")
		} else if err = session.ChangePIN(p.t.Context(), "999999", "314159"); errors.As(err, new(*device.PINError)) {
			err = nil
		}
		if err = errors.Join(err, session.Close()); err != nil {
			p.t.Fatal(err)
		}
	}
}

func TestFindings(t *testing.T) {
	type want struct {
		check   Check
		verdict Verdict
		detail  Detail
		remedy  Remedy
	}
	for name, test := range map[string]struct {
		prepare func(p *practice)
		reader  string
		want    want
	}{
		"service runs":      {want: want{Service, OK, ServiceRuns, ""}},
		"service down":      {func(p *practice) { p.service.Stop() }, "", want{Service, Failed, ServiceDown, StartService}},
		"no reader":         {func(p *practice) { p.service.RemoveReader(readerName) }, "", want{Reader, Failed, NoReader, PlugReader}},
		"reader":            {want: want{Reader, OK, ReaderReady, ""}},
		"another reader":    {reader: "Another", want: want{Reader, Failed, OtherReaders, NameReader}},
		"no card":           {want: want{Card, Warning, NoCard, TapCard}},
		"card":              {func(p *practice) { p.insert(virtual.Options{}) }, "", want{Card, OK, CardReady, ""}},
		"no FIDO2 card":     {func(p *practice) { p.insert(virtual.Options{NotFIDO: true}) }, "", want{Card, Failed, NotFIDO, UseFIDOCard}},
		"odd card":          {func(p *practice) { p.insert(virtual.Options{}).Faults().AnswerINS(0x10, 0x6F00) }, "", want{Card, Failed, CardStrange, TapAgain}},
		"card taken away":   {func(p *practice) { p.insert(virtual.Options{}).Faults().RemoveBefore(1) }, "", want{Card, Failed, CardGone, TapAgain}},
		"no PIN":            {func(p *practice) { p.insert(virtual.Options{}) }, "", want{PIN, OK, PINUnset, ""}},
		"no PIN possible":   {func(p *practice) { p.insert(virtual.Options{NoPIN: true}) }, "", want{PIN, Warning, PINImpossible, ""}},
		"PIN":               {func(p *practice) { p.insert(virtual.Options{}); p.givePIN(1) }, "", want{PIN, OK, PINSet, ""}},
		"last PIN attempts": {func(p *practice) { p.insert(virtual.Options{}); p.givePIN(6) }, "", want{PIN, Warning, PINLastAttempts, CarefulPIN}},
		"blocked PIN":       {func(p *practice) { p.insert(virtual.Options{}); p.givePIN(8) }, "", want{PIN, Failed, PINBlocked, ResetCard}},

		"new folder":     {want: want{Folder, OK, FolderNew, ""}},
		"folder":         {func(p *practice) { p.addUser("ada") }, "", want{Folder, OK, FolderReady, ""}},
		"folder is file": {func(p *practice) { write(p.t, p.Folder) }, "", want{Folder, Failed, FolderUnreadable, OwnFolder}},
		"open folder": {func(p *practice) {
			p.addUser("ada")
			chmod(p.t, filepath.Join(p.Folder, bolt.Name), 0o644)
		}, "", want{Folder, Warning, FolderOpen, closeFolder}},

		"new directory":     {want: want{Directory, OK, DirectoryNew, ""}},
		"directory":         {func(p *practice) { p.addUser("ada") }, "", want{Directory, OK, DirectoryReady, ""}},
		"damaged directory": {func(p *practice) { p.addUser("ada"); write(p.t, filepath.Join(p.Folder, bolt.Name)) }, "", want{Directory, Failed, DirectoryDamaged, RestoreDirectory}},
		"directory gone": {func(p *practice) {
			err := p.Cache.(*offline.Cache).Put(p.t.Context(), directory.OfflineKey{
				KeyID: strings.Repeat("0", 32), KeyName: "Card", UserID: "ada", UserHandle: []byte{1}, RPID: "localhost",
				CredentialID: []byte{1}, PublicKey: []byte{1}, Verification: directory.PIN, Written: time.Now(),
			})
			if err != nil {
				p.t.Fatal(err)
			}
		}, "", want{Directory, Warning, DirectoryMissing, RestoreDirectory}},
		"cache":          {want: want{Cache, OK, CacheReady, ""}},
		"damaged cache":  {func(p *practice) { p.addUser("ada"); write(p.t, filepath.Join(p.Folder, offline.Name)) }, "", want{Cache, Warning, CacheUnreadable, RemakeCache}},
		"no sealing key": {want: want{Seal, OK, SealNew, ""}},
		"sealing key": {func(p *practice) {
			if _, err := p.Seal.Seal([]byte("x"), "x"); err != nil {
				p.t.Fatal(err)
			}
		}, "", want{Seal, OK, SealReady, ""}},
		"lost sealing key": {func(p *practice) {
			if _, err := p.Seal.Seal([]byte("x"), "x"); err != nil {
				p.t.Fatal(err)
			}
			if err := os.Remove(filepath.Join(p.Folder, "seal.key")); err != nil {
				p.t.Fatal(err)
			}
			p.Seal = seal.New(p.Folder, seal.Options{FileOnly: true})
		}, "", want{Seal, Failed, SealBroken, UnlockKeyring}},
		"a password of another computer": {func(p *practice) { p.putSecret(directory.SMTPPassword, p.elsewhere()) }, "",
			want{Secrets, Warning, SecretLost, EnterSecret}},
		"links of another computer": {func(p *practice) { p.putSecret(directory.TicketKey, p.elsewhere()) }, "",
			want{Secrets, Warning, TicketKeyLost, RenewCodes}},
		"clock": {want: want{Clock, OK, ClockSane, ""}},
		"clock without battery": {func(p *practice) {
			p.Now = func() time.Time { return time.Unix(0, 0) }
		}, "", want{Clock, Failed, ClockLost, SetClock}},
		"clock put back": {func(p *practice) {
			p.addUser("ada")
			p.Now = func() time.Time { return time.Now().Add(-time.Hour) }
		}, "", want{Clock, Warning, ClockBehind, SetClock}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPractice(t)
			if test.prepare != nil {
				test.prepare(p)
			}
			all := p.examine(test.reader)
			found := false
			for _, f := range all {
				found = found || want{f.Check, f.Verdict, f.Detail, f.Remedy} == test.want
				if text := f.Text(); text == "" || strings.ContainsAny(text, "{}") {
					t.Errorf("%s is told as %q, want a whole sentence", f.Detail, text)
				}
				if text := f.RemedyText(); (text == "") != (f.Remedy == "") || strings.ContainsAny(text, "{}") {
					t.Errorf("%s is mended by %q, want a whole sentence", f.Remedy, text)
				}
			}
			if !found {
				t.Errorf("found %+v, want %+v among it", all, test.want)
			}
		})
	}
}

// elsewhere is a sealer with the key of another computer.
func (p *practice) elsewhere() Sealer { return seal.New(p.t.TempDir(), seal.Options{FileOnly: true}) }

func (p *practice) putSecret(name string, by Sealer) {
	p.t.Helper()
	sealed, err := by.Seal([]byte("secret"), name)
	if err == nil {
		err = p.Directory.Store.Update(p.t.Context(), func(tx directory.Tx) error { return tx.PutSecret(name, sealed) })
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

func TestSecretsOfThisComputerAreNoFinding(t *testing.T) {
	p := newPractice(t)
	p.putSecret(directory.SMTPPassword, p.Seal)
	p.putSecret(directory.TicketKey, p.Seal)
	for _, f := range p.examine("") {
		if f.Check == Secrets {
			t.Errorf("found %+v, want nothing about secrets that can be opened", f)
		}
	}
}

// closed is a service that lets this account not in.
type closed struct{}

func (closed) Watch(ctx context.Context, report func(device.Event)) error {
	report(device.Event{Kind: device.ServiceDown})
	<-ctx.Done()
	return ctx.Err()
}

func (closed) Open(context.Context, string) (device.Card, error) { return nil, device.ErrDenied }

func TestServiceThatLetsNobodyIn(t *testing.T) {
	p := newPractice(t)
	p.Board = device.NewBoard(closed{})
	if f := p.examine("")[0]; f.Detail != ServiceDenied || f.Verdict != Failed || f.Remedy != AllowService {
		t.Errorf("found %+v, want that this account may not use the service", f)
	}
}

func write(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, []byte("nothing of use"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func TestHeldReaderIsFoundAtOnce(t *testing.T) {
	p := newPractice(t)
	p.insert(virtual.Options{})
	p.reader.Hold(true)
	all := p.examine("")
	holds := 0
	for _, f := range all {
		if f.Verdict == Failed && (f.Detail == ReaderHeld || f.Detail == ReaderHeldBy) {
			holds++
		}
	}
	if holds != 1 || Worst(all) != Failed {
		t.Errorf("found %+v, want the held reader, once", all)
	}
}

func TestCardThatNeverAnswersKeepsNobodyWaiting(t *testing.T) {
	p := newPractice(t)
	card := p.insert(virtual.Options{})
	card.Faults().Delay(time.Hour, 0)
	began := time.Now()
	p.examine("")
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %v, want a few seconds", took)
	}
}

func TestWorst(t *testing.T) {
	for _, test := range []struct {
		verdicts []Verdict
		want     Verdict
	}{
		{nil, OK},
		{[]Verdict{OK, OK}, OK},
		{[]Verdict{OK, Warning, OK}, Warning},
		{[]Verdict{Warning, Failed, Warning}, Failed},
		{[]Verdict{Failed, Warning}, Failed},
	} {
		var all []Finding
		for _, v := range test.verdicts {
			all = append(all, Finding{Verdict: v})
		}
		if got := Worst(all); got != test.want {
			t.Errorf("worst of %v is %s, want %s", test.verdicts, got, test.want)
		}
	}
}

func TestEveryWordHasItsSentence(t *testing.T) {
	for d, text := range details {
		if text == "" || !strings.HasSuffix(text, ".") {
			t.Errorf("detail %s is %q, want a sentence", d, text)
		}
	}
	for r, text := range remedies {
		if text == "" {
			t.Errorf("remedy %s has no sentence", r)
		}
	}
}

func TestLookingLeavesNothingBehind(t *testing.T) {
	p := newPractice(t)
	p.examine("")
	if _, err := os.Stat(p.Folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the data folder is there after a look (%v), want it made at first use", err)
	}
	if err := os.Mkdir(p.Folder, 0o700); err != nil {
		t.Fatal(err)
	}
	p.examine("")
	if left, err := os.ReadDir(p.Folder); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v (%v), want nothing", left, err)
	}
}
