package mail_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tapstation/app/directory"
	"tapstation/app/mail"
)

// want is what one attempt comes to.
type want struct {
	state    directory.MessageState
	attempts int
	trouble  mail.TroubleKind
	answer   string // a part of what is shown with the message, or of the trouble
	// wait bounds when it is tried again, after an attempt that counts or a message that others go before.
	waits bool
	// twice: it may arrive twice, for the server has taken it without saying so.
	twice bool
}

// TestEveryFaultOnTheWay has each thing go wrong once, with a message; then nothing does, and the message must be there once.
func TestEveryFaultOnTheWay(t *testing.T) {
	later := func(answer string) want {
		return want{state: directory.Queued, attempts: 1, answer: answer, waits: true}
	}
	pause := func(kind mail.TroubleKind, answer string) want {
		return want{state: directory.Queued, trouble: kind, answer: answer}
	}
	postponed := func(kind mail.TroubleKind, answer string) want {
		return want{state: directory.Queued, trouble: kind, answer: answer, waits: true}
	}
	refused := func(answer string) want {
		return want{state: directory.Failed, attempts: 1, answer: answer}
	}
	flood := strings.Repeat("250-"+strings.Repeat("x", 900)+"\r\n", 1000)
	for _, test := range []struct {
		at    string
		fault fault
		want  want
	}{
		{greeting, fault{cut: true}, pause(mail.CutOff, "")},
		{greeting, fault{stall: true}, pause(mail.Unreachable, "timeout")},
		{greeting, fault{say: "421 4.3.2 full house\r\n"}, pause(mail.ServerBusy, "421 4.3.2 full house")},
		{greeting, fault{say: "451 later\r\n"}, pause(mail.ServerBusy, "451 later")},
		{greeting, fault{say: "554 5.7.1 go away\r\n"}, pause(mail.ServerRefuses, "554 5.7.1 go away")},
		{greeting, fault{say: "HTTP/1.1 400 Bad Request\r\n"}, pause(mail.CutOff, "")},
		{greeting, fault{say: "\x00\x01\x02\xff\r\n"}, pause(mail.CutOff, "")},
		{greeting, fault{say: strings.Repeat("220-x\r\n", 100_000)}, pause(mail.CutOff, mail.ErrFlood.Error())},
		{greeting, fault{say: "220 " + strings.Repeat("x", 1<<20)}, pause(mail.CutOff, "")},

		{"EHLO", fault{cut: true}, pause(mail.CutOff, "")},
		{"EHLO", fault{stall: true}, pause(mail.Unreachable, "timeout")},
		{"EHLO", fault{say: "421 4.3.2 shutting down\r\n"}, pause(mail.ServerBusy, "421 4.3.2 shutting down")},
		{"EHLO", fault{say: "450 4.7.1 later\r\n"}, pause(mail.ServerBusy, "450 4.7.1 later")},
		{"EHLO", fault{say: "550 5.7.1 no station.example.org\r\n"}, pause(mail.ServerRefuses, "550 5.7.1 no station.example.org")},
		{"EHLO", fault{say: "bogus\r\n"}, pause(mail.CutOff, "")},
		{"EHLO", fault{say: flood}, pause(mail.CutOff, "")},

		{"MAIL", fault{cut: true}, later("EOF")},
		{"MAIL", fault{stall: true}, later("timeout")},
		{"MAIL", fault{say: "421 4.7.0 too many\r\n"}, postponed(mail.ServerBusy, "421 4.7.0 too many")},
		{"MAIL", fault{say: "451 4.3.0 later\r\n"}, postponed(mail.ServerBusy, "451 4.3.0 later")},
		{"MAIL", fault{say: "452 4.3.1 disk full\r\n"}, postponed(mail.ServerBusy, "452 4.3.1 disk full")},
		{"MAIL", fault{say: "550 5.1.8 unknown sender\r\n"}, postponed(mail.SenderRefused, "550 5.1.8 unknown sender")},
		{"MAIL", fault{say: "530 5.7.0 log in first\r\n"}, postponed(mail.SenderRefused, "530 5.7.0 log in first")},
		{"MAIL", fault{say: "552 5.3.4 too large\r\n"}, refused("552 5.3.4 too large")},
		{"MAIL", fault{say: "2x0 ok\r\n"}, later("2x0 ok")},
		{"MAIL", fault{say: "354 go\r\n"}, later("354 go")},
		{"MAIL", fault{say: flood}, later("")},

		{"RCPT", fault{cut: true}, later("EOF")},
		{"RCPT", fault{lose: true}, later("EOF")},
		{"RCPT", fault{stall: true}, later("timeout")},
		{"RCPT", fault{say: "421 4.7.0 shutting down\r\n"}, postponed(mail.ServerBusy, "421 4.7.0 shutting down")},
		{"RCPT", fault{say: "450 4.2.0 greylisted, come back in five minutes\r\n"}, later("450 4.2.0 greylisted")},
		{"RCPT", fault{say: "452 4.2.2 mailbox full\r\n"}, later("452 4.2.2 mailbox full")},
		{"RCPT", fault{say: "552 5.2.2 mailbox full\r\n"}, refused("552 5.2.2 mailbox full")},
		{"RCPT", fault{say: "550-5.1.1 no such\r\n550 5.1.1 user\r\n"}, refused("550 5.1.1 no such user")},
		{"RCPT", fault{say: "550 a\x1b[31m\tb\x00c\r\n"}, refused("550 a [31m b c")},
		{"RCPT", fault{say: "550 " + strings.Repeat("ä", 900) + "\r\n"}, refused("ää…")},
		{"RCPT", fault{say: "garbage\r\n"}, later("garbage")},

		{"DATA", fault{cut: true}, later("EOF")},
		{"DATA", fault{stall: true}, later("timeout")},
		{"DATA", fault{say: "421 4.3.0 bye\r\n"}, postponed(mail.ServerBusy, "421 4.3.0 bye")},
		{"DATA", fault{say: "451 4.3.0 later\r\n"}, later("451 4.3.0 later")},
		{"DATA", fault{say: "554 5.5.1 no valid recipients\r\n"}, refused("554 5.5.1 no valid recipients")},
		{"DATA", fault{say: "250 sure\r\n"}, later("250 sure")},

		{body, fault{cut: true}, later("")},
		{body, fault{stall: true}, later("timeout")},

		{dot, fault{cut: true}, later("EOF")},
		{dot, fault{stall: true}, later("timeout")},
		{dot, fault{lose: true}, want{state: directory.Queued, attempts: 1, answer: "EOF", waits: true, twice: true}},
		{dot, fault{say: "421 4.3.0 bye\r\n"}, postponed(mail.ServerBusy, "421 4.3.0 bye")},
		{dot, fault{say: "451 4.7.1 greylisted\r\n"}, later("451 4.7.1 greylisted")},
		{dot, fault{say: "452 4.3.1 disk full\r\n"}, later("452 4.3.1 disk full")},
		{dot, fault{say: "552 5.3.4 too large\r\n"}, refused("552 5.3.4 too large")},
		{dot, fault{say: "554 5.7.1 spam\r\n"}, refused("554 5.7.1 spam")},
		{dot, fault{say: "!\r\n"}, later("")},
	} {
		t.Run(fmt.Sprintf("%s %s", test.at, named(test.fault)), func(t *testing.T) {
			t.Parallel()
			p := newPost(t, nil)
			once := true
			w := newWay(t, p, func(step, _ string) *fault {
				if step == test.at && once {
					once = false
					return &test.fault
				}
				return nil
			})
			o := newOffice(t, w.port)
			mail.Hurry(o.box, quick)
			o.users(1)
			r := o.deliver()
			o.wants(r, test.want)

			if m := o.first(); m.State == directory.Failed { // a person sees why, and says again
				if _, err := o.box.Retry(t.Context(), by, m.ID); err != nil {
					t.Fatal(err)
				}
			}
			o.later(time.Hour)
			if r := o.deliver(); r.Sent != 1 || r.Trouble != nil {
				t.Fatalf("after that: %+v, want it sent", r)
			}
			arrived := p.arrivals()
			switch {
			case test.want.twice:
				if len(arrived) != 2 || arrived[0].id() != arrived[1].id() || arrived[0].id() != o.first().MessageID {
					t.Errorf("%d messages arrived, want two with the same Message-ID", len(arrived))
				}
			default:
				p.once(1)
			}
		})
	}
}

// named is a fault in a word.
func named(f fault) string {
	switch {
	case f.cut:
		return "cut"
	case f.lose:
		return "answer lost"
	case f.stall:
		return "stall"
	}
	return fmt.Sprintf("%.20q", strings.TrimSpace(f.say))
}

// wants looks at the one message, and at the report of the attempt at it.
func (o *office) wants(r mail.Report, want want) {
	o.t.Helper()
	m := o.first()
	if m.State != want.state || m.Attempts != want.attempts {
		o.t.Errorf("the message is %s after %d attempts (%s), want %s after %d", m.State, m.Attempts, m.Answer, want.state, want.attempts)
	}
	if m.LeasedBy != "" || !m.LeasedUntil.IsZero() {
		o.t.Errorf("the message is leased by %q until %v, want nobody to have it", m.LeasedBy, m.LeasedUntil)
	}
	if waits := m.State == directory.Queued && m.Due.After(o.now()); waits != want.waits {
		o.t.Errorf("the message is due in %v, want that it waits: %v", m.Due.Sub(o.now()), want.waits)
	}
	shown := m.Answer
	switch {
	case want.trouble == "" && r.Trouble != nil:
		o.t.Errorf("nothing can be sent any more: %v; want it to concern the message", r.Trouble)
	case want.trouble != "" && (r.Trouble == nil || r.Trouble.Kind != want.trouble):
		o.t.Errorf("what is in the way: %v, want %s", r.Trouble, want.trouble)
	case want.trouble != "":
		shown = r.Trouble.Answer
	}
	if !strings.Contains(shown, want.answer) {
		o.t.Errorf("it says %q, want %q in it", shown, want.answer)
	}
	if len(shown) > directory.MaxAnswer || strings.ContainsFunc(shown, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		o.t.Errorf("it says %q, want one line of at most %d bytes", shown, directory.MaxAnswer)
	}
}
