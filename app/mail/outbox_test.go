package mail_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/app/mail"
)

func TestWhatIsQueuedArrivesOnceAndIsSent(t *testing.T) {
	t.Parallel()
	p := newPost(t, nil)
	o := newOffice(t, p.port)
	o.users(300)
	r := o.deliver()
	if r.Sent != 300 || r.Waiting != 0 || r.Trouble != nil {
		t.Errorf("the report is %+v, want 300 sent", r)
	}
	p.once(300)
	o.counts(map[directory.MessageState]int{directory.Sent: 300})
	if n := p.seen().sessions; n > 4 {
		t.Errorf("it took %d connections, want 4 at most", n)
	}
	for _, m := range o.messages() {
		if m.To != m.UserID+"@example.com" || m.Attempts != 1 || !m.Done.Equal(begin) || !strings.HasPrefix(m.Answer, "250 ") {
			t.Fatalf("a message is %+v, want what became of it", m)
		}
	}
}

// TestEverythingIsKeptBeforeQuit looks at the store when the server is told goodbye.
func TestEverythingIsKeptBeforeQuit(t *testing.T) {
	t.Parallel()
	p := newPost(t, nil)
	var o *office
	var waiting []int
	w := newWay(t, p, func(step, _ string) *fault {
		if step == "QUIT" {
			counts, err := o.box.Counts(context.Background())
			if err != nil {
				t.Error(err)
			}
			waiting = append(waiting, counts[directory.Queued])
		}
		return nil
	})
	o = newOffice(t, w.port)
	o.users(50)
	o.deliver()
	if len(waiting) == 0 || slices.Max(waiting) > 0 {
		t.Errorf("at QUIT there were %v messages not known as sent, want none", waiting)
	}
}

// TestMailsOfAUserKeepTheirOrder queues several for each of many, and has some of them fail for now.
func TestMailsOfAUserKeepTheirOrder(t *testing.T) {
	t.Parallel()
	refuse := map[string]int{}
	p := newPost(t, func(p *post) {
		p.judge = func(a arrival) error {
			if refuse[a.to]++; refuse[a.to] == 1 && strings.HasSuffix(a.to, "3@example.com") {
				return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "later"}
			}
			return nil
		}
	})
	o := newOffice(t, p.port)
	const people, each = 20, 5
	o.users(people)
	for range each - 1 {
		o.later(time.Second)
		for i := range people {
			o.assign(fmt.Sprintf("u%04d", i))
		}
	}
	for range 3 {
		o.deliver()
		o.later(time.Hour)
	}
	p.once(people * each)
	made := map[string][]string{}
	for _, m := range o.messages() {
		made[m.UserID+"@example.com"] = append(made[m.UserID+"@example.com"], m.MessageID)
	}
	came := map[string][]string{}
	for _, a := range p.arrivals() {
		came[a.to] = append(came[a.to], a.id())
	}
	for to, want := range made {
		if !slices.Equal(came[to], want) {
			t.Errorf("mails to %s came as %v, want them as they were made: %v", to, came[to], want)
		}
	}
}

// TestServerThatHangsUpAfterSoManyMessages costs connections, and no attempt.
func TestServerThatHangsUpAfterSoManyMessages(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]fault{"cut": {cut: true}, "421": {say: "421 4.7.0 enough\r\n"}} {
		t.Run(name, func(t *testing.T) {
			p := newPost(t, nil)
			n := 0
			w := newWay(t, p, func(step, _ string) *fault {
				if step == "MAIL" {
					if n++; n%11 == 0 {
						return &f
					}
				}
				return nil
			})
			o := newOffice(t, w.port)
			o.box.Connections = 1
			o.users(100)
			if r := o.deliver(); r.Sent != 100 {
				t.Errorf("%+v (%v), want all sent", r, r.Trouble)
			}
			p.once(100)
			for _, m := range o.messages() {
				if m.Attempts != 1 {
					t.Errorf("a message took %d attempts, want 1", m.Attempts)
				}
			}
		})
	}
}

// TestServerThatTakesOneConnection refuses all others, and gets everything over the one.
func TestServerThatTakesOneConnection(t *testing.T) {
	t.Parallel()
	p := newPost(t, nil)
	open := 0
	w := newWay(t, p, func(step, _ string) *fault {
		if step == greeting {
			if open++; open > 1 {
				return &fault{say: "421 4.7.0 too many connections\r\n"}
			}
		}
		return nil
	})
	o := newOffice(t, w.port)
	o.users(300)
	if r := o.deliver(); r.Sent != 300 || r.Trouble != nil {
		t.Errorf("%+v (%v), want all sent", r, r.Trouble)
	}
	p.once(300)
	if n := w.counted(greeting); n != 2 {
		t.Errorf("it tried %d connections, want 2: the second is refused, and no third is asked for", n)
	}
}

// TestRefusedRecipientCostsNoConnection goes on over the same one, after RSET.
func TestRefusedRecipientCostsNoConnection(t *testing.T) {
	t.Parallel()
	p := newPost(t, nil)
	n := 0
	w := newWay(t, p, func(step, _ string) *fault {
		if step == "RCPT" {
			if n++; n%3 == 0 {
				return &fault{say: "550 5.1.1 no such user\r\n"}
			}
		}
		return nil
	})
	o := newOffice(t, w.port)
	o.box.Connections = 1
	o.users(30)
	if r := o.deliver(); r.Sent != 20 || r.Failed != 10 {
		t.Errorf("%+v (%v), want 20 sent and 10 failed", r, r.Trouble)
	}
	if connections, resets := w.counted(greeting), w.counted("RSET"); connections != 1 || resets != 10 {
		t.Errorf("it took %d connections and %d times RSET, want 1 and 10", connections, resets)
	}
	p.once(20)
}

// TestWithdrawnWhileOthersAreSent is a message that was looked up already when its link is withdrawn.
func TestWithdrawnWhileOthersAreSent(t *testing.T) {
	t.Parallel()
	p := newPost(t, nil)
	var o *office
	withdrawn := false
	w := newWay(t, p, func(step, said string) *fault {
		if step == "RCPT" && !withdrawn {
			withdrawn = true
			for _, m := range o.messages() {
				if !strings.Contains(said, m.UserID+"@") {
					o.ticket(m, func(t *directory.Ticket) { t.State = directory.Withdrawn })
				}
			}
		}
		return nil
	})
	o = newOffice(t, w.port)
	o.box.Connections = 1
	mail.LookAgain(o.box, time.Nanosecond)
	o.users(40)
	o.deliver()
	p.once(1)
	o.counts(map[directory.MessageState]int{directory.Sent: 1, directory.Dropped: 39})
}

// TestMessageTakenOverByAnotherStation is one whose lease somebody else has by the time its fate is known.
func TestMessageTakenOverByAnotherStation(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]directory.MessageState{"": directory.Sent, "550 5.1.1 no\r\n": directory.Queued, "451 4.1.1 later\r\n": directory.Queued} {
		p := newPost(t, nil)
		var o *office
		w := newWay(t, p, func(step, _ string) *fault {
			if step != "RCPT" {
				return nil
			}
			m := o.first()
			m.LeasedBy = "another station"
			o.update(func(tx directory.Tx) error { return tx.PutMessage(m) })
			return &fault{say: answer}
		})
		o = newOffice(t, w.port)
		o.users(1)
		o.deliver()
		m := o.first()
		if m.State != want || m.State == directory.Queued && (m.LeasedBy != "another station" || m.Attempts != 0 || m.Answer != "") {
			t.Errorf("answered %q, it is %+v; want %s, and the other's affair where it was not sent", answer, m, want)
		}
	}
}

// TestServerThatStopsReading takes half a message and no more.
func TestServerThatStopsReading(t *testing.T) {
	t.Parallel()
	o := newOffice(t, 25)
	mail.Hurry(o.box, quick)
	over := make(chan struct{})
	mail.Dial(o.box, func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe() // nothing is taken in between
		go func() {
			defer close(over)
			answers := []string{"220 hi\r\n", "250 hello\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n"}
			for lines := bufio.NewReader(far); len(answers) > 0; answers = answers[1:] {
				if _, err := far.Write([]byte(answers[0])); err != nil {
					t.Error(err)
				}
				if len(answers) > 1 {
					_, _ = lines.ReadString('\n')
				}
			}
			_, _ = far.Read(make([]byte, 10))
		}()
		return here{near}, nil
	})
	o.users(1)
	o.wants(o.deliver(), want{state: directory.Queued, attempts: 1, answer: "timeout", waits: true})
	<-over
}

// here is a connection to this machine.
type here struct{ net.Conn }

func (here) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 25} }

// Test421InBetweenLosesNothing has the server go away while much is on its way.
func Test421InBetweenLosesNothing(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"MAIL", "RCPT", "DATA", dot} {
		t.Run(at, func(t *testing.T) {
			p := newPost(t, nil)
			n := 0
			w := newWay(t, p, func(step, _ string) *fault {
				if step == at {
					if n++; n == 100 || n == 101 {
						return &fault{say: "421 4.3.2 shutting down\r\n"}
					}
				}
				return nil
			})
			o := newOffice(t, w.port)
			o.users(200)
			for range 3 {
				o.deliver()
				o.later(time.Hour)
			}
			p.once(200)
			o.counts(map[directory.MessageState]int{directory.Sent: 200})
		})
	}
}

// TestMessageThatBreaksEveryConnectionHoldsUpNobody is one that the server cannot take at all.
func TestMessageThatBreaksEveryConnectionHoldsUpNobody(t *testing.T) {
	t.Parallel()
	for _, f := range []fault{{cut: true}, {say: "421 4.3.0 I do not feel well\r\n"}} {
		p := newPost(t, nil)
		w := newWay(t, p, func(step, said string) *fault {
			if step == "RCPT" && strings.Contains(said, "u0000@") {
				return &f
			}
			return nil
		})
		o := newOffice(t, w.port)
		o.users(30)
		o.deliver()
		o.later(2 * time.Second)
		o.deliver()
		p.once(29)
		o.counts(map[directory.MessageState]int{directory.Queued: 1, directory.Sent: 29})
	}
}

// TestTriedForDaysThenFailed has a server say later, again and again.
func TestTriedForDaysThenFailed(t *testing.T) {
	t.Parallel()
	p := newPost(t, func(p *post) {
		p.judge = func(arrival) error {
			return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "greylisted"}
		}
	})
	o := newOffice(t, p.port)
	o.workspace(func(w *directory.Workspace) { w.LinkDays = 30 })
	o.users(1)
	var waits []time.Duration
	for o.deliver(); o.first().State == directory.Queued; o.deliver() {
		wait := o.first().Due.Sub(o.now())
		if wait <= 0 || wait > 5*time.Hour {
			t.Fatalf("after %d attempts it waits %v, want between nothing and 5 hours", len(waits)+1, wait)
		}
		waits = append(waits, wait)
		o.later(wait)
	}
	m := o.first()
	if m.State != directory.Failed || m.Answer != "451 4.7.1 greylisted" {
		t.Errorf("it is %s (%s), want failed with the last answer", m.State, m.Answer)
	}
	tried := o.now().Sub(begin)
	if tried < 3*24*time.Hour || tried > 5*24*time.Hour || waits[0] > 2*time.Minute || waits[len(waits)-1] < 3*time.Hour {
		t.Errorf("it was tried for %v, after %v; want for about four days, soon first and seldom later", tried, waits)
	}
	if r := o.deliver(); r != (mail.Report{}) {
		t.Errorf("once failed: %+v, want nothing done", r)
	}
}

// TestLeaseOutlastsTheSlowestServer is what keeps a message that is still being sent from being taken up by another
// station.
func TestLeaseOutlastsTheSlowestServer(t *testing.T) {
	t.Parallel()
	if mail.Longest >= mail.Lease {
		t.Errorf("one message can take %v, and is leased for %v", mail.Longest, mail.Lease)
	}
}

// TestWhatIsOverIsDropped withdraws a key, disables a user, lets a link run out, takes an address away, deletes a user.
func TestWhatIsOverIsDropped(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		do     func(o *office, m directory.Message)
		state  directory.MessageState
		answer string
	}{
		"ticket withdrawn": {func(o *office, m directory.Message) {
			o.ticket(m, func(t *directory.Ticket) { t.State = directory.Withdrawn })
		}, directory.Dropped, "withdrawn"},
		"ticket used": {func(o *office, m directory.Message) {
			o.ticket(m, func(t *directory.Ticket) { t.State = directory.Redeemed })
		}, directory.Dropped, "used before"},
		"link expired": {func(o *office, _ directory.Message) { o.later(100 * 24 * time.Hour) }, directory.Dropped, "time has run out"},
		"no address any more": {func(o *office, m directory.Message) {
			_, err := o.dir.ChangeUser(o.t.Context(), by, m.UserID, func(u *directory.User) { u.Email = "" })
			o.must(err)
		}, directory.Failed, "no e-mail address"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPost(t, nil)
			o := newOffice(t, p.port)
			o.users(1)
			test.do(o, o.first())
			o.deliver()
			if m := o.first(); m.State != test.state || !strings.Contains(m.Answer, test.answer) || m.Done.IsZero() {
				t.Errorf("it is %s (%q), want %s (%q)", m.State, m.Answer, test.state, test.answer)
			}
			p.once(0)
		})
	}
}

// TestCodeThatRanOutWhileTheServerWasDownIsMadeAnew: what arrives can be used.
func TestCodeThatRanOutWhileTheServerWasDownIsMadeAnew(t *testing.T) {
	t.Parallel()
	p := newPost(t, nil)
	o := newOffice(t, p.port)
	o.users(1)
	o.later(3 * 24 * time.Hour) // codes live for two
	o.deliver()
	p.once(1)
	opening, err := o.opening(o.first())
	if err != nil || opening.Code == "" || !opening.CodeExpires.After(o.now()) {
		t.Fatalf("the ticket opens by %+v (%v), want a code that can be used", opening, err)
	}
	if text := string(p.arrivals()[0].content); !strings.Contains(text, opening.Code) {
		t.Errorf("the mail has not the code that can be used in it:\n%s", text)
	}
}

// TestAnswersHoldNothingThatOpens has a server quote the mail, and the log-in.
func TestAnswersHoldNothingThatOpens(t *testing.T) {
	t.Parallel()
	var o *office
	p := newPost(t, nil)
	quoted := ""
	w := newWay(t, p, func(step, _ string) *fault {
		if step == dot {
			return &fault{say: "554 5.7.1 spam: " + quoted + "\r\n"}
		}
		return nil
	})
	o = newOffice(t, w.port)
	o.users(1)
	opening, err := o.opening(o.first())
	o.must(err)
	token := opening.Link[strings.LastIndexByte(opening.Link, '/')+1:]
	for _, quote := range []string{
		opening.Link, "<" + opening.Link + ">", "url=" + opening.Link + "&x", token, token[:20], token[10:], strings.ToUpper(token), strings.ToLower(opening.Code),
		opening.Code, strings.ReplaceAll(opening.Code, "-", ""), opening.Code[:5], opening.Code[6:], "tapstation://activate/" + token,
	} {
		quoted = quote
		o.deliver()
		m := o.first()
		if m.State != directory.Failed || !strings.HasPrefix(m.Answer, "554 5.7.1 spam: …") || len(m.Answer) > len("554 5.7.1 spam: …") {
			t.Errorf("%q is shown as %q, want it left out", quote, m.Answer)
		}
		if _, err := o.box.Retry(t.Context(), by, m.ID); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRetryAndWithdraw(t *testing.T) {
	t.Parallel()
	p := newPost(t, nil)
	o := newOffice(t, p.port)
	o.users(1)
	states := []directory.MessageState{directory.Queued, directory.Sent, directory.Unconfirmed, directory.Failed, directory.Dropped}
	for _, test := range []struct {
		what string
		act  func(id string) error
		may  []directory.MessageState
		then directory.MessageState
		put  audit.Act
	}{
		{"retry", func(id string) error { _, err := o.box.Retry(t.Context(), by, id); return err },
			[]directory.MessageState{directory.Queued, directory.Unconfirmed, directory.Failed, directory.Dropped}, directory.Queued, audit.MailRetried},
		{"withdraw", func(id string) error { _, err := o.box.Withdraw(t.Context(), by, id); return err },
			[]directory.MessageState{directory.Queued}, directory.Dropped, audit.MailWithdrawn},
	} {
		for _, state := range states {
			o.later(time.Second)
			o.assign("u0000")
			m := o.messages()[len(o.messages())-1]
			m.State, m.Attempts, m.Due = state, 7, begin.Add(time.Hour)
			o.update(func(tx directory.Tx) error { return tx.PutMessage(m) })
			before := o.acts(test.put)
			err := test.act(m.ID)
			got, look := o.box.Message(t.Context(), by, m.ID)
			o.must(look)
			if !slices.Contains(test.may, state) {
				if !errors.Is(err, mail.ErrGone) || got.State != state || o.acts(test.put) != before {
					t.Errorf("%s one that is %s: %v, it is %s then; want ErrGone", test.what, state, err, got.State)
				}
				continue
			}
			if err != nil || got.State != test.then || o.acts(test.put) != before+1 {
				t.Errorf("%s one that is %s: %v, it is %s then; want %s, on record", test.what, state, err, got.State, test.then)
			}
			if test.what == "retry" && (got.Attempts != 0 || got.Due.After(o.now())) {
				t.Errorf("retried, it has %d attempts and is due %v; want it to begin anew, now", got.Attempts, got.Due)
			}
			// One that is being sent is left alone.
			got.State, got.LeasedBy, got.LeasedUntil = directory.Queued, "somebody", o.now().Add(time.Minute)
			o.update(func(tx directory.Tx) error { return tx.PutMessage(got) })
			if err := test.act(m.ID); !errors.Is(err, mail.ErrLeaving) {
				t.Errorf("%s one that is being sent: %v, want ErrLeaving", test.what, err)
			}
		}
		if err := test.act("00"); !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("%s one that is not there: %v, want ErrNotFound", test.what, err)
		}
	}
	// What it is about is over.
	o.later(time.Second)
	o.assign("u0000")
	m := o.messages()[len(o.messages())-1]
	o.ticket(m, func(t *directory.Ticket) { t.State = directory.Redeemed })
	if _, err := o.box.Retry(t.Context(), by, m.ID); !errors.Is(err, directory.ErrTicketUsed) {
		t.Errorf("retry a mail whose link was used: %v, want ErrTicketUsed", err)
	}
}

func TestTestMail(t *testing.T) {
	t.Parallel()
	p := newPost(t, nil)
	o := newOffice(t, p.port)
	answer, err := o.box.Test(t.Context(), by, "ada@example.com")
	if err != nil || !strings.HasPrefix(answer, "250 ") {
		t.Errorf("%q, %v; want the server's answer", answer, err)
	}
	p.once(1)
	if a := p.arrivals(); len(a) != 1 || a[0].to != "ada@example.com" || a[0].from != "keys@example.org" {
		t.Errorf("what arrived is %+v, want the test", a)
	}
	if n := o.acts(audit.MailTested); n != 1 {
		t.Errorf("%d tests on record, want 1", n)
	}
	o.counts(map[directory.MessageState]int{})

	for _, to := range []string{"", "ada", "Ada <ada@example.com>", "a@b\r\nRCPT TO:<c@d>"} {
		var invalid *directory.InvalidError
		if _, err := o.box.Test(t.Context(), by, to); !errors.As(err, &invalid) {
			t.Errorf("to %q: %v, want it refused", to, err)
		}
	}
	p.mu.Lock()
	p.judge = func(arrival) error { return &smtp.SMTPError{Code: 554, Message: "no"} }
	p.mu.Unlock()
	var refused *mail.RefusedError
	if _, err := o.box.Test(t.Context(), by, "ada@example.com"); !errors.As(err, &refused) || refused.Answer != "554 5.0.0 no" {
		t.Errorf("refused: %v, want the answer", err)
	}
	o.workspace(func(w *directory.Workspace) { w.Mail.Host = "" })
	if _, err := o.box.Test(t.Context(), by, "ada@example.com"); !errors.Is(err, mail.ErrNotSetUp) {
		t.Errorf("without a server: %v, want ErrNotSetUp", err)
	}
	if _, err := o.box.Deliver(t.Context()); !errors.Is(err, mail.ErrNotSetUp) {
		t.Errorf("deliver without a server: %v, want ErrNotSetUp", err)
	}
}

// TestJournalThatCannotBeWrittenSendsNothing: what could arrive twice is rather not sent.
func TestJournalThatCannotBeWrittenSendsNothing(t *testing.T) {
	t.Parallel()
	p := newPost(t, nil)
	o := newOffice(t, p.port)
	full := errors.New("no space left on device")
	o.box.Handover = &inMemory{fail: full}
	o.users(5)
	r := o.deliver()
	if r.Trouble == nil || r.Trouble.Kind != mail.StationFault || !errors.Is(r.Trouble, full) || r.Waiting != 5 {
		t.Errorf("%+v (%v), want that nothing is sent", r, r.Trouble)
	}
	p.once(0)
	o.box.Handover = &inMemory{}
	if r := o.deliver(); r.Sent != 5 {
		t.Errorf("with room again: %+v, want all sent", r)
	}
	p.once(5)
}

// TestEndedInTheMiddleLosesNothing ends the program's context at every step of a message.
func TestEndedInTheMiddleLosesNothing(t *testing.T) {
	t.Parallel()
	for _, at := range []string{greeting, "EHLO", "MAIL", "RCPT", "DATA", dot} {
		t.Run(at, func(t *testing.T) {
			p := newPost(t, nil)
			ctx, cancel := context.WithCancel(t.Context())
			w := newWay(t, p, func(step, _ string) *fault {
				if step == at && ctx.Err() == nil {
					cancel()
					if at != dot { // the server does answer in the end
						return &fault{stall: true}
					}
				}
				return nil
			})
			o := newOffice(t, w.port)
			o.users(3)
			began := time.Now()
			_, err := o.box.Deliver(ctx)
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("ended: %v", err)
			}
			if took := time.Since(began); took > 4*time.Second {
				t.Errorf("it took %v to end, want that it does at once", took)
			}
			o.deliver()
			p.once(3)
			o.counts(map[directory.MessageState]int{directory.Sent: 3})
		})
	}
}

// TestEndedBeforeTheAnswerIsUnconfirmed: a server that does not answer to a whole message is waited for, but not for long.
func TestEndedBeforeTheAnswerIsUnconfirmed(t *testing.T) {
	t.Parallel()
	p := newPost(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	w := newWay(t, p, func(step, _ string) *fault {
		if step == dot {
			cancel()
			return &fault{stall: true}
		}
		return nil
	})
	o := newOffice(t, w.port)
	mail.Hurry(o.box, quick)
	o.users(1)
	if _, err := o.box.Deliver(ctx); err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	o.counts(map[directory.MessageState]int{directory.Unconfirmed: 1})
}

// acts counts what is on record.
func (o *office) acts(act audit.Act) (n int) {
	o.t.Helper()
	entries, err := o.dir.Audit(o.t.Context(), by, directory.AuditQuery{Limit: 10_000})
	o.must(err)
	for _, e := range entries {
		if e.Act == act {
			n++
		}
		if strings.Contains(fmt.Sprint(e.Detail), "/activate/") {
			o.t.Errorf("on record is a link: %v", e.Detail)
		}
	}
	return n
}
