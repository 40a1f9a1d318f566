package command

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tapstation/device/virtual"
)

// terminal is a pseudo-terminal with a person at it, who answers prompts as they appear.
type terminal struct {
	*os.File          // the program's end
	person   *os.File // the person's end

	mu    sync.Mutex
	shown bytes.Buffer // what the terminal echoes of what is typed
	done  chan struct{}
}

func newTerminal(t *testing.T) *terminal {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(person.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(person.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	p := &terminal{File: program, person: person, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		for b := make([]byte, 256); ; {
			n, err := person.Read(b)
			p.mu.Lock()
			p.shown.Write(b[:n])
			p.mu.Unlock()
			if err != nil {
				return // the program's end is closed
			}
		}
	}()
	t.Cleanup(func() {
		_ = program.Close()
		<-p.done
		_ = person.Close()
	})
	return p
}

// echoed is what could be read over the person's shoulder.
func (p *terminal) echoed() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.shown.String()
}

// answer is one line typed when a prompt has appeared.
type answer struct{ prompt, line string }

// at runs a command with a person who gives these answers, each to the first such prompt after the one before.
func (d *desk) at(p *terminal, answers []answer, args ...string) outcome {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), 30*time.Second)
	defer cancel()
	var stdout bytes.Buffer
	seen := 0
	stderr := &watched{}
	stderr.on = func(all string) {
		for len(answers) > 0 {
			i := strings.Index(all[seen:], answers[0].prompt)
			if i < 0 {
				return
			}
			seen += i + len(answers[0].prompt)
			if _, err := p.person.WriteString(answers[0].line + "\n"); err != nil {
				d.t.Errorf("type an answer: %v", err)
			}
			answers = answers[1:]
		}
	}
	status := Main(ctx, append([]string{"--data", d.folder, "--json"}, args...), Parts{
		Stdin: p, Stdout: &stdout, Stderr: stderr, Open: d.open,
	})
	if len(answers) > 0 {
		d.t.Errorf("never asked: %q\n%s", answers[0].prompt, stderr.String())
	}
	return outcome{d.t, status, stdout.String(), stderr.String()}
}

func TestNewPINIsTypedTwiceUnseen(t *testing.T) {
	d, p := newDesk(t), newTerminal(t)
	d.must("users", "add", "ada")
	card := blank(t, 1)
	d.tap(card)
	o := d.at(p, []answer{
		{"New PIN: ", "271828"}, {"The same again: ", "271829"}, // not the same
		{"New PIN: ", "12"}, {"The same again: ", "12"}, // too short
		{"New PIN: ", "271828"}, {"The same again: ", "271828"},
	}, "enroll", "ada", "--verification", "pin", "--timeout", "25s")
	if o.status != Done {
		t.Fatalf("enroll: %s%s", o.stdout, o.stderr)
	}
	d.tap(card)
	if o = d.at(p, []answer{{"(8 attempts left): ", "999999"}, {"(7 attempts left): ", "271828"}}, "login", "ada"); o.status != Done {
		t.Fatalf("log in: %s%s", o.stdout, o.stderr)
	}
	if shown := p.echoed() + o.stderr + o.stdout; strings.Contains(shown, "271828") || strings.Contains(shown, "999999") {
		t.Errorf("a PIN could be read: %q", shown)
	}
}

func TestLastAttemptsAreConfirmedByAWord(t *testing.T) {
	d, p := newDesk(t), newTerminal(t)
	d.must("users", "add", "ada")
	card := blank(t, 1)
	d.tap(card)
	d.stdin = strings.NewReader("271828\n")
	d.must("enroll", "ada", "--verification", "pin", "--pin-stdin")
	for range 6 {
		d.tap(card)
		d.stdin = strings.NewReader("999999\n")
		d.run("login", "ada", "--pin-stdin", "--json").fails(Failed, "pin_wrong")
	}
	d.tap(card)
	d.at(p, []answer{{"Type TRY to go on: ", "yes"}}, "login", "ada").fails(Failed, "cancelled")
	if o := d.at(p, []answer{{"Type TRY to go on: ", "TRY"}, {"(2 attempts left): ", "271828"}}, "login", "ada"); o.status != Done {
		t.Errorf("log in with the second last attempt: %s%s", o.stdout, o.stderr)
	}
}

func TestReplacingAndResettingAreConfirmedByAWord(t *testing.T) {
	d, p := newDesk(t), newTerminal(t)
	d.must("users", "add", "ada", "--first-name", "Ada")
	d.must("users", "add", "bob")
	card := blank(t, 1)
	d.tap(card)
	d.must("enroll", "ada", "--verification", "pinless")

	replace := []string{"enroll", "bob", "--verification", "pinless", "--timeout", "20s"}
	d.tap(card)
	o := d.at(p, []answer{{"Type REPLACE to go on: ", "y"}}, replace...)
	o.fails(Failed, "already_enrolled")
	if !strings.Contains(o.stderr, `"Card" of Ada (ada)`) {
		t.Errorf("the question does not say whose card it is:\n%s", o.stderr)
	}
	d.tap(card)
	if o := d.at(p, []answer{{"Type REPLACE to go on: ", "REPLACE"}}, replace...); o.status != Done {
		t.Fatalf("replace: %s%s", o.stdout, o.stderr)
	}

	blocked := newCard(t, virtual.Options{UID: []byte{4, 9, 9, 9}})
	d.tap(blocked)
	d.stdin = strings.NewReader("271828\n")
	d.must("enroll", "ada", "--verification", "pin", "--pin-stdin")
	for range 6 {
		d.tap(blocked)
		d.stdin = strings.NewReader("999999\n")
		d.run("login", "ada", "--pin-stdin", "--json").fails(Failed, "pin_wrong")
	}
	d.tap(blocked)
	d.at(p, []answer{
		{"Type TRY to go on: ", "TRY"}, {"(2 attempts left): ", "999999"},
		{"Type TRY to go on: ", "TRY"}, {"(1 attempt left): ", "999999"},
	}, "login", "ada").fails(Failed, "pin_blocked")
	d.tap(blocked)
	o = d.at(p, []answer{{"Type REPLACE to go on: ", "REPLACE"}, {"Type RESET to go on: ", "no"}},
		"enroll", "bob", "--verification", "pin", "--timeout", "20s")
	o.fails(Failed, "pin_blocked")
	if !strings.Contains(o.stderr, "DESTROYS every credential") {
		t.Errorf("the question does not say what a reset does:\n%s", o.stderr)
	}
}

func TestDeletingIsConfirmedByTheUserID(t *testing.T) {
	d, p := newDesk(t), newTerminal(t)
	d.must("users", "add", "Ada", "--last-name", "Lovelace")
	d.tap(blank(t, 1))
	d.must("enroll", "ada", "--verification", "pinless")
	o := d.at(p, []answer{{"Type Ada to go on: ", "yes"}}, "users", "delete", "ada")
	o.fails(Failed, "cancelled")
	if !strings.Contains(o.stderr, "deletes Lovelace (Ada) for good, and ends their 1 security key") {
		t.Errorf("the question does not say what goes:\n%s", o.stderr)
	}
	if o := d.at(p, []answer{{"Type Ada to go on: ", "Ada"}}, "users", "delete", "ada"); o.status != Done {
		t.Fatalf("delete: %s%s", o.stdout, o.stderr)
	}
	d.run("users", "show", "ada", "--json").fails(Failed, "unknown_user")
}

func TestPINIsChangedByWhoKnowsItOrAfterAReset(t *testing.T) {
	d, p := newDesk(t), newTerminal(t)
	d.must("users", "add", "ada")
	card := blank(t, 1)
	d.tap(card)
	d.stdin = strings.NewReader("271828\n")
	var made enrollDocument
	d.must("enroll", "ada", "--verification", "pin", "--pin-stdin", "--key-name", "Badge", "--json").decode(&made)

	change := []string{"keys", "change-pin", made.KeyID, "--timeout", "25s"}
	d.tap(card)
	o := d.at(p, []answer{
		{"(8 attempts left): ", "999999"}, {"(7 attempts left): ", "271828"},
		{"New PIN: ", "161803"}, {"The same again: ", "161803"},
	}, change...)
	var doc changedPINDocument
	o.decode(&doc)
	if o.status != Done || doc.KeyID != made.KeyID || doc.InPlaceOf != "" {
		t.Fatalf("change: status %d, %+v, want the same key\n%s", o.status, doc, o.stderr)
	}
	if shown := p.echoed() + o.stderr + o.stdout; strings.Contains(shown, "271828") || strings.Contains(shown, "161803") {
		t.Errorf("a PIN could be read: %q", shown)
	}

	d.tap(card)
	forgotten := append(change, "--forgotten")
	o = d.at(p, []answer{{"Type RESET to go on: ", "no"}}, forgotten...)
	o.fails(Failed, "cancelled")
	if !strings.Contains(o.stderr, "Nobody knows the PIN of this card.") {
		t.Errorf("the question does not say why:\n%s", o.stderr)
	}
	d.tap(card)
	o = d.at(p, []answer{{"Type RESET to go on: ", "RESET"}, {"New PIN: ", "314159"}, {"The same again: ", "314159"}}, forgotten...)
	o.decode(&doc)
	if o.status != Done || doc.InPlaceOf != made.KeyID || doc.KeyID == made.KeyID || doc.KeyName != "Badge" || doc.State != "active" {
		t.Fatalf("after a reset: status %d, %+v, want another key of the same name in its place\n%s", o.status, doc, o.stderr)
	}
	d.tap(card)
	if o := d.at(p, []answer{{"(8 attempts left): ", "314159"}}, "login", "ada"); o.status != Done {
		t.Errorf("log in with the new PIN: %s%s", o.stdout, o.stderr)
	}
}

func TestInterruptGivesTheTerminalBack(t *testing.T) {
	d, p := newDesk(t), newTerminal(t)
	d.must("users", "add", "ada")
	before, err := unix.IoctlGetTermios(int(p.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	d.tap(blank(t, 1))
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	stderr := &watched{on: func(all string) {
		if strings.Contains(all, "New PIN: ") {
			interrupt()
		}
	}}
	var stdout strings.Builder
	status := Main(ctx, []string{"--data", d.folder, "--json", "enroll", "ada", "--verification", "pin"}, Parts{
		Stdin: p, Stdout: &stdout, Stderr: stderr, Open: d.open,
	})
	outcome{t, status, stdout.String(), stderr.String()}.fails(Failed, "cancelled")
	after, err := unix.IoctlGetTermios(int(p.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	if *before != *after {
		t.Errorf("the terminal is left as %+v, want it as before, %+v", after, before)
	}
	if _, err := p.person.WriteString("\n"); err != nil { // ends the read that was given up
		t.Fatal(err)
	}
}

func TestNewPasswordIsTypedTwiceUnseen(t *testing.T) {
	d, p := newDesk(t), newTerminal(t)
	d.must("users", "add", "ada")
	o := d.at(p, []answer{
		{"New password: ", adminPassword}, {"The same again: ", wrongPassword}, // not the same
		{"New password: ", adminPassword}, {"The same again: ", adminPassword},
	}, "admins", "add", "ada", "--role", "owner")
	if o.status != Done {
		t.Fatalf("add the owner: %s%s", o.stdout, o.stderr)
	}
	if o := d.at(p, []answer{{"Password: ", adminPassword}}, "admins", "check", "ada"); o.status != Done {
		t.Fatalf("check: %s%s", o.stdout, o.stderr)
	}
	if shown := p.echoed() + o.stderr + o.stdout; strings.Contains(shown, adminPassword) || strings.Contains(shown, wrongPassword) {
		t.Errorf("a password could be read: %q", shown)
	}
}
