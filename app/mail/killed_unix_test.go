//go:build unix

package mail_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tapstation/app/activation"
	"tapstation/app/directory"
	"tapstation/app/mail"
	"tapstation/storage/bolt"
	"tapstation/storage/claim"
	"tapstation/storage/handover"
	"tapstation/storage/seal"
)

// senderFolder, when set, makes the test binary a program that sends the mail of that data folder until it is killed or
// nothing is left.
const senderFolder = "TAPSTATION_TEST_SENDER_FOLDER"

func TestMain(m *testing.M) {
	if folder := os.Getenv(senderFolder); folder != "" {
		if err := sendUntilDone(folder); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// station is the outbox of a data folder, put together as the program does.
func station(folder string) (*mail.Outbox, func() error) {
	store := bolt.New(filepath.Join(folder, bolt.Name))
	box := seal.New(folder, seal.Options{FileOnly: true})
	dir := &directory.Directory{Store: store, Seal: box}
	return &mail.Outbox{Directory: dir, Tickets: &activation.Tickets{Directory: dir, Seal: box},
		Handover: handover.New(filepath.Join(folder, handover.Name)),
		Claim:    func() (func() error, error) { return claim.Take(folder, mail.Claim) }}, store.Close
}

func sendUntilDone(folder string) error {
	o, end := station(folder)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	fmt.Println("begun")
	running := make(chan struct{})
	go func() {
		defer close(running)
		o.Run(ctx)
	}()
	for ctx.Err() == nil {
		counts, err := o.Counts(ctx)
		if err != nil && ctx.Err() == nil {
			return err
		}
		if counts[directory.Queued] == 0 {
			break
		}
		status, changed := o.Status()
		if status.Sent > 0 {
			fmt.Println("sent")
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
	stop()
	<-running
	return end()
}

// sender is the program in a process of its own.
type sender struct {
	cmd  *exec.Cmd
	sent chan struct{} // closed when it has kept that something was sent
	over chan error
}

func startSender(t *testing.T, folder string) *sender {
	t.Helper()
	s := &sender{cmd: exec.Command(os.Args[0]), sent: make(chan struct{}), over: make(chan error, 1)}
	s.cmd.Env = append(os.Environ(), senderFolder+"="+folder)
	s.cmd.Stderr = os.Stderr
	out, err := s.cmd.StdoutPipe()
	if err == nil {
		err = s.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "begun" {
		t.Fatalf("the program says %q (%v), want that it has begun", lines.Text(), lines.Err())
	}
	go func() {
		for first := true; lines.Scan(); first = false {
			if first {
				close(s.sent)
			}
		}
		s.over <- s.cmd.Wait()
	}()
	return s
}

// until waits for a sign that it gets on, however slow the machine is, or for its end.
func (s *sender) until(sign <-chan struct{}) {
	select {
	case <-sign:
	case err := <-s.over:
		s.over <- err
	}
}

// killAfter kills it, and tells whether it was not done before.
func (s *sender) killAfter(d time.Duration) (killed bool, err error) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case err := <-s.over:
		return false, err
	case <-timer.C:
	}
	_ = s.cmd.Process.Kill()
	err = <-s.over
	var ended *exec.ExitError
	if errors.As(err, &ended) && !ended.Exited() {
		return true, nil
	}
	return false, err
}

// newSendingFolder is a data folder with so many mails to a server, of now.
func newSendingFolder(t *testing.T, port, mails int) string {
	t.Helper()
	folder := t.TempDir()
	o := openOffice(t, folder)
	o.time = time.Now().Add(-time.Minute)
	o.setUp(port)
	o.users(mails)
	return folder
}

// TestKilledSenderSendsEachOnce kills the program that sends at random moments, again and again, until all has left. A
// message whose fate the station does not know must be shown as such, and is the only kind that may not have arrived.
func TestKilledSenderSendsEachOnce(t *testing.T) {
	const mails = 1000
	p := newPost(t, nil)
	folder := newSendingFolder(t, p.port, mails)
	kills, most := 0, mostKills(25)
	for killed := true; killed; {
		came := p.next()
		s := startSender(t, folder)
		if kills%4 > 0 {
			s.until(came)
		}
		var err error
		if killed, err = s.killAfter(moment(kills < most)); err != nil {
			t.Fatal(err)
		}
		if killed {
			kills++
		}
	}
	if kills < 10 {
		t.Errorf("it was killed %d times, want at least 10: it is too fast for this test", kills)
	}
	settle(t, p, folder, mails, kills)
}

// mostKills is how often a program is killed at most: n times, and with TAPSTATION_SOAK as often as it takes.
func mostKills(n int) int {
	if os.Getenv("TAPSTATION_SOAK") != "" {
		return math.MaxInt
	}
	return n
}

// moment is when a program is killed that has got on; one that is not to be killed any more has time enough.
func moment(soon bool) time.Duration {
	if soon {
		return rand.N(15 * time.Millisecond)
	}
	return 5 * time.Minute
}

// settle looks at a folder and a server after all was sent.
func settle(t *testing.T, p *post, folder string, mails, kills int) {
	t.Helper()
	o, end := station(folder)
	defer func() {
		if err := end(); err != nil {
			t.Error(err)
		}
	}()
	page, err := o.List(t.Context(), by, directory.MessageQuery{Limit: 1000})
	if err != nil || len(page.Messages) != mails {
		t.Fatalf("%d messages (%v), want %d", len(page.Messages), err, mails)
	}
	states := map[directory.MessageState]int{}
	var lost []string
	p.mu.Lock()
	for _, m := range page.Messages {
		states[m.State]++
		switch n := p.arrived[m.MessageID]; {
		case n == 0 && m.State == directory.Unconfirmed:
			lost = append(lost, m.ID)
		case n != 1:
			t.Errorf("%s (%s) arrived %d times, want once", m.MessageID, m.State, n)
		case m.State != directory.Sent && m.State != directory.Unconfirmed:
			t.Errorf("%s arrived and is %s", m.MessageID, m.State)
		}
	}
	p.mu.Unlock()
	t.Logf("killed %d times: %d sent, %d unconfirmed, of which %d had not arrived", kills, states[directory.Sent], states[directory.Unconfirmed], len(lost))
	if states[directory.Unconfirmed] > 4*kills {
		t.Errorf("%d are unconfirmed after %d kills, want at most one for each connection", states[directory.Unconfirmed], kills)
	}
	// Killed between the journal and the server. Who misses such a mail says so.
	for _, id := range lost {
		if _, err := o.Retry(t.Context(), by, id); err != nil {
			t.Error(err)
		}
	}
	if r, err := o.Deliver(t.Context()); err != nil || r.Sent != len(lost) || r.Waiting != 0 {
		t.Errorf("%+v, %v: want the %d that are missed sent, and nothing else", r, err, len(lost))
	}
	p.once(mails)
}

// TestTwoProgramsSendEachOnce runs two programs on one data folder, and kills the one that sends.
func TestTwoProgramsSendEachOnce(t *testing.T) {
	const mails = 600
	p := newPost(t, nil)
	folder := newSendingFolder(t, p.port, mails)
	came := p.next()
	first, second := startSender(t, folder), startSender(t, folder)
	<-came
	o, end := station(folder)
	_, err := o.Deliver(t.Context())
	var held *directory.HeldError
	if !errors.As(err, &held) || held.Claim != mail.Claim {
		t.Errorf("a third program: %v, want that another one sends", err)
	}
	if err := end(); err != nil {
		t.Error(err)
	}
	kills := 0
	if killed, err := first.killAfter(50 * time.Millisecond); err != nil {
		t.Fatal(err)
	} else if killed {
		kills++
	}
	if killed, err := second.killAfter(time.Minute); err != nil || killed {
		t.Fatalf("the second: killed %v, %v; want it to send what is left", killed, err)
	}
	settle(t, p, folder, mails, kills)
}
