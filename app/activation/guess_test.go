package activation_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"tapstation/app/activation"
	"tapstation/app/audit"
	"tapstation/app/directory"
)

// guesses are codes as somebody makes them up who knows what codes look like.
func guesses(n int) []string {
	r := rand.New(rand.NewPCG(4, 2))
	all := make([]string, n)
	for i := range all {
		var b strings.Builder
		for range 10 {
			b.WriteByte(activation.Symbols[r.IntN(len(activation.Symbols))])
		}
		all[i] = b.String()
	}
	return all
}

// TestTenThousandGuessesInAMinuteGetNowhere has everybody guess at once, from one address, from many, and with handles
// that are known to be right, while people with mails come in by code and by link.
func TestTenThousandGuessesInAMinuteGetNowhere(t *testing.T) {
	d := newDesk(t)
	const honest = 30
	var ids []string
	for i := range honest {
		ids = append(ids, fmt.Sprintf("user%d", i))
		d.addUser(ids[i])
	}
	codes, links := make([]string, honest), make([]string, honest)
	keys := make([]directory.SecurityKey, honest)
	for i, id := range ids {
		keys[i] = d.assign(id)
		o := d.mailed(keys[i].ID)
		codes[i], links[i] = o.Code, tokenOf(t, o)
	}
	victim := d.assign("ada") // whose handle is known, from a glance at a screen
	seen := d.mailed(victim.ID)
	victimTicket := d.ticket(victim.ID).ID

	var (
		all           sync.WaitGroup
		mu            sync.Mutex
		wrong, slowed int
		unexpected    []error
		rightGuesses  int
		allGuesses    = guesses(10_000)
		attackers     = 4
		guessesEach   = len(allGuesses) / attackers
	)
	attack := func(n int) {
		for i, guess := range allGuesses[n*guessesEach : (n+1)*guessesEach] {
			source := "198.51.100.7"
			switch n {
			case 1:
				source = fmt.Sprintf("10.%d.%d.%d", i%200, i/200, n)
			case 2:
				source = fmt.Sprintf("2001:db8:0:%x::%x", i%8, i) // few networks, many addresses
			}
			if n == 3 { // a right handle each time
				guess = seen.Code[:6] + guess[:5]
				if guess == seen.Code {
					continue
				}
			}
			_, err := d.tickets.ByCode(t.Context(), source, guess)
			mu.Lock()
			var many *activation.TooManyError
			switch {
			case errors.As(err, &many):
				slowed++
				if !many.Until.After(begin) || many.Until.After(begin.Add(2*time.Minute)) {
					unexpected = append(unexpected, fmt.Errorf("to wait until %v", many.Until))
				}
			case errors.Is(err, activation.ErrWrongCode):
				wrong++
			case err == nil:
				rightGuesses++
			default:
				unexpected = append(unexpected, err)
			}
			mu.Unlock()
		}
	}
	for n := range attackers {
		all.Go(func() { attack(n) })
	}
	for i := range honest {
		// The same address as an attacker, as behind the one address of an office.
		o, err := d.tickets.ByCode(t.Context(), "198.51.100.7", strings.ToLower(codes[i]))
		if err != nil || o.User.ID != ids[i] {
			t.Errorf("%s with their code during the attack: %q, %v, want them in", ids[i], o.User.ID, err)
		}
		if _, err := d.tickets.ByLink(t.Context(), links[i]); err != nil {
			t.Errorf("%s with their link during the attack: %v", ids[i], err)
		}
		if i%2 == 0 {
			if _, err := d.tickets.Activate(t.Context(), o.Ticket.ID, made(ids[i])); err != nil {
				t.Errorf("%s activates during the attack: %v", ids[i], err)
			}
		}
	}
	all.Wait()
	if rightGuesses > 0 || len(unexpected) > 0 {
		t.Fatalf("%d guesses were right; besides: %v", rightGuesses, errors.Join(unexpected...))
	}
	if slowed < 6000 {
		t.Errorf("%d of %d guesses were told to wait, %d only that they were wrong; want the sources that guess on slowed", slowed, len(allGuesses), wrong)
	}
	for i := 1; i < honest; i += 2 {
		if _, err := d.tickets.ByCode(t.Context(), "198.51.100.7", codes[i]); err != nil {
			t.Errorf("%s with their code after the attack: %v", ids[i], err)
		}
	}

	// Who has the handle has spoilt the code, and no more.
	_, err := d.tickets.ByCode(t.Context(), "192.0.2.1", seen.Code)
	is(t, "the code whose handle was hit", err, activation.ErrCodeSpent)
	o, err := d.tickets.ByLink(t.Context(), tokenOf(t, seen))
	if err != nil || o.User.ID != "ada" {
		t.Fatalf("the link whose code was hit: %q, %v, want ada in", o.User.ID, err)
	}
	if o.Ticket.WrongCodes != activation.MostWrong {
		t.Errorf("%d wrong codes are counted, want it to end at %d", o.Ticket.WrongCodes, activation.MostWrong)
	}
	if e := d.acts(audit.ActivationRefused); len(e) != 1 || e[0].User != "ada" {
		t.Errorf("on record are %d refusals, want the one that ended ada's code", len(e))
	}
	fresh, err := d.tickets.NewCode(t.Context(), victimTicket)
	if err != nil || fresh.Code == seen.Code || fresh.Link != seen.Link {
		t.Fatalf("another code for who holds the link: %+v, %v", fresh, err)
	}
	if _, err := d.tickets.ByCode(t.Context(), "198.51.100.7", fresh.Code); err != nil {
		t.Errorf("the other code: %v", err)
	}
	if _, err := d.tickets.Activate(t.Context(), victimTicket, made("ada")); err != nil {
		t.Errorf("ada activates after all: %v", err)
	}
}

func TestManyAtOnceAreNoMoreGuessesThanOneAfterTheOther(t *testing.T) {
	d := newDesk(t)
	k := d.assign("ada")
	code := d.mailed(k.ID).Code
	// A right code among fifty at once must find the count of wrong ones before it, whatever it was when they began.
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if _, err := d.tickets.ByCode(t.Context(), "192.0.2.1", wrongProof(code)); err == nil {
				t.Error("a wrong code passed")
			}
		})
	}
	all.Wait()
	if got := d.ticket(k.ID).WrongCodes; got != activation.MostWrong {
		t.Errorf("%d of 50 wrong codes at once are counted, want %d and the code dead", got, activation.MostWrong)
	}
	_, err := d.tickets.ByCode(t.Context(), "192.0.2.2", code)
	is(t, "the right code afterwards", err, activation.ErrCodeSpent)
	o, err := d.tickets.Show(t.Context(), by, k.ID)
	if err != nil || o.Code == code {
		t.Fatalf("shown is %+v, %v, want another code", o, err)
	}
	if _, err := d.tickets.ByCode(t.Context(), "192.0.2.1", o.Code); err != nil {
		t.Errorf("the code shown: %v", err)
	}
}

func TestFourTyposDoNotSpendACode(t *testing.T) {
	d := newDesk(t)
	k := d.assign("ada")
	code := d.mailed(k.ID).Code
	for range activation.MostWrong - 1 {
		_, err := d.tickets.ByCode(t.Context(), "192.0.2.1", wrongProof(code))
		is(t, "a typo", err, activation.ErrWrongCode)
	}
	if _, err := d.tickets.ByCode(t.Context(), "192.0.2.1", code); err != nil {
		t.Errorf("the code after four typos: %v", err)
	}
}

func TestAWrongCodeTellsNothing(t *testing.T) {
	d := newDesk(t)
	k := d.assign("ada")
	code := d.mailed(k.ID).Code
	said := map[string]bool{}
	for source, guess := range map[string]string{"a": wrongProof(code), "b": "00000-00000", "c": "what?", "d": "", "e": strings.Repeat("A", 5000)} {
		o, err := d.tickets.ByCode(t.Context(), source, guess)
		is(t, guess, err, activation.ErrWrongCode)
		if o.Ticket.ID != "" || o.User.ID != "" {
			t.Errorf("with a wrong code comes %+v, want nobody", o)
		}
		said[fmt.Sprint(err)] = true
	}
	if len(said) != 1 {
		t.Errorf("wrong codes are told apart: %v", said)
	}
}

func TestASourceMayGuessAgainAfterAWhile(t *testing.T) {
	d := newDesk(t)
	d.assign("ada")
	guess := func(source string) error {
		_, err := d.tickets.ByCode(t.Context(), source, "00000-00000")
		return err
	}
	for range 10 {
		is(t, "one of the first ten", guess("192.0.2.1"), activation.ErrWrongCode)
	}
	var many *activation.TooManyError
	if err := guess("192.0.2.1:4711"); !errors.As(err, &many) || !errors.Is(err, activation.ErrTooMany) {
		t.Fatalf("the eleventh: %v, want *TooManyError", err)
	}
	is(t, "another source", guess("192.0.2.2"), activation.ErrWrongCode)
	d.wait(many.Until.Sub(d.now()))
	is(t, "when it was told to come back", guess("192.0.2.1"), activation.ErrWrongCode)
	is(t, "and once more", guess("192.0.2.1"), activation.ErrTooMany)
	d.wait(-24 * time.Hour) // the clock is put back
	is(t, "after the clock was put back", guess("192.0.2.1"), activation.ErrWrongCode)
	before := d.tickets.Slots()
	for i := range 1000 {
		_ = guess(fmt.Sprintf("2001:db8:0:%x::1", i))
	}
	if after := d.tickets.Slots(); after != before {
		t.Errorf("a thousand sources more take %d places, want the %d there are", after, before)
	}
}

// TestNoTwoTicketsShareAHandle makes the next code of a ticket have a handle that another ticket has.
func TestNoTwoTicketsShareAHandle(t *testing.T) {
	d := newDesk(t)
	d.addUser("bob")
	first, second := d.assign("ada"), d.assign("bob")
	mine, other := d.ticket(first.ID), d.ticket(second.ID)
	const taken = 3
	for n := range taken {
		d.update(func(tx directory.Tx) (err error) {
			blocker := other
			blocker.ID, blocker.Link = fmt.Sprintf("blocker %d", n), nil
			if blocker.Handle, err = d.tickets.HandleOf(tx, mine, n); err != nil {
				return err
			}
			return tx.PutTicket(blocker)
		})
	}
	o, err := d.tickets.NewCode(t.Context(), mine.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got := d.ticket(first.ID).Serial; got != mine.Serial+taken+1 {
		t.Errorf("the code is number %d, want %d: those before have handles of others", got, mine.Serial+taken+1)
	}
	if opened, err := d.tickets.ByCode(t.Context(), "192.0.2.1", o.Code); err != nil || opened.User.ID != "ada" {
		t.Errorf("the code opens for %q, %v, want ada", opened.User.ID, err)
	}
	if err := d.dir.Store.Update(context.WithoutCancel(t.Context()), func(tx directory.Tx) error {
		twin := other
		twin.ID, twin.Link = "twin", nil
		return tx.PutTicket(twin)
	}); !errors.Is(err, directory.ErrExists) {
		t.Errorf("a second ticket with a handle: %v, want ErrExists", err)
	}
}
