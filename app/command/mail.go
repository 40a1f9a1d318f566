package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"tapstation/app"
	"tapstation/app/directory"
	"tapstation/app/mail"
)

type mailListCommand struct {
	State  string `help:"Only mails in this state: queued, sent, unconfirmed, failed or dropped." enum:"queued,sent,unconfirmed,failed,dropped," default:"" placeholder:"STATE"`
	User   string `help:"Only mails to this user." placeholder:"USER-ID"`
	Key    string `help:"Only mails about this key." placeholder:"KEY-ID"`
	Newest bool   `help:"The last made first."`
	pageFlags
}

type mailArgument struct {
	MailID string `arg:"" name:"mail-id" help:"Mail ID, as mail list tells it."`
}

type (
	mailShowCommand     struct{ mailArgument }
	mailWithdrawCommand struct{ mailArgument }
)

type mailRetryCommand struct {
	mailArgument
	Later bool `help:"Do not send it now: leave that to the window or tapstation serve."`
}

type mailSendCommand struct {
	Timeout time.Duration `help:"How long to go on; 0 goes on until all that is due was tried." default:"0"`
}

type mailTestCommand struct {
	Address string `arg:"" help:"E-mail address that the test goes to."`
}

// mailsDocument is what mail list --json prints.
type mailsDocument struct {
	Mails  []mailDocument `json:"mails"`
	Counts map[string]int `json:"counts"` // of all mails, by their states
	Next   string         `json:"next"`   // for --after; empty when this is all
}

// Run lists the outbox.
func (c *mailListCommand) Run(r *run) error {
	if c.Limit <= 0 {
		return misuse("--limit must be at least 1")
	}
	by, err := actor()
	if err != nil {
		return err
	}
	return r.directory(func(ctx context.Context, s *app.Station) error {
		q := directory.MessageQuery{State: directory.MessageState(c.State), UserID: c.User, KeyID: c.Key, Desc: c.Newest}
		if c.User != "" {
			u, _, err := s.Directory.User(ctx, c.User)
			if err != nil {
				return userError(c.User, err)
			}
			q.UserID = u.ID
		}
		doc := mailsDocument{Mails: []mailDocument{}, Counts: map[string]int{}, Next: c.After}
		for first := true; first || doc.Next != "" && len(doc.Mails) < c.Limit; first = false {
			q.After, q.Limit = doc.Next, min(c.Limit-len(doc.Mails), maxPage)
			page, err := s.Mail.List(ctx, by, q)
			if err != nil {
				return fmt.Errorf("list mails: %w", err)
			}
			for _, m := range page.Messages {
				doc.Mails = append(doc.Mails, newMailDocument(m))
			}
			doc.Next = page.Next
		}
		counts, err := s.Mail.Counts(ctx)
		if err != nil {
			return fmt.Errorf("count mails: %w", err)
		}
		for state, n := range counts {
			doc.Counts[string(state)] = n
		}
		return r.print(doc, func(w io.Writer) { mailsTable(w, doc) })
	})
}

func mailsTable(w io.Writer, doc mailsDocument) {
	if len(doc.Mails) == 0 {
		_, _ = fmt.Fprintln(w, "No mails.")
		return
	}
	rows := make([][]string, len(doc.Mails))
	for i, m := range doc.Mails {
		next := "-"
		if m.Due != nil {
			next = shortly(*m.Due)
		}
		rows[i] = []string{m.MailID, m.UserID, m.Kind, m.State, orDash(m.To), strconv.Itoa(m.Attempts), next, orDash(m.Answer)}
	}
	table(w, []string{"MAIL ID", "USER ID", "KIND", "STATE", "TO", "TRIED", "NEXT", "ANSWER"}, rows)
	more(w, doc.Next)
}

// Run shows a mail.
func (c *mailShowCommand) Run(r *run) error {
	by, err := actor()
	if err != nil {
		return err
	}
	return r.directory(func(ctx context.Context, s *app.Station) error {
		m, err := s.Mail.Message(ctx, by, c.MailID)
		if err != nil {
			return fmt.Errorf("mail %.64q: %w", c.MailID, err)
		}
		return r.printMail(newMailDocument(m))
	})
}

func (r *run) printMail(m mailDocument) error {
	return r.print(m, func(w io.Writer) {
		_, _ = fmt.Fprintln(w, clean(mailSentence(m)))
		rows := [][]string{{"Mail ID", m.MailID}, {"Kind", m.Kind}, {"State", m.State}, {"User ID", m.UserID}, {"Key ID", orDash(m.KeyID)},
			{"To", orDash(m.To)}, {"Message-ID", m.MessageID}, {"Tried", strconv.Itoa(m.Attempts)}, {"Answer", orDash(m.Answer)}}
		for _, t := range []struct {
			name string
			at   *time.Time
		}{{"Made", m.Created}, {"Last tried", m.Tried}, {"Next", m.Due}, {"Done", m.Done}} {
			if t.at != nil {
				rows = append(rows, []string{t.name, shortly(*t.at)})
			}
		}
		table(w, nil, rows)
	})
}

// Run has a mail sent again, or now.
func (c *mailRetryCommand) Run(r *run) error {
	by, err := actor()
	if err != nil {
		return err
	}
	return r.directory(func(ctx context.Context, s *app.Station) error {
		m, err := s.Mail.Retry(ctx, by, c.MailID)
		if err != nil {
			return err
		}
		if !c.Later {
			r.sendMail(s)
			if m, err = s.Mail.Message(context.WithoutCancel(ctx), by, c.MailID); err != nil {
				return fmt.Errorf("look what became of the mail: %w", err)
			}
		}
		return r.printMail(newMailDocument(m))
	})
}

// Run keeps a mail from being sent.
func (c *mailWithdrawCommand) Run(r *run) error {
	by, err := actor()
	if err != nil {
		return err
	}
	return r.directory(func(ctx context.Context, s *app.Station) error {
		m, err := s.Mail.Withdraw(ctx, by, c.MailID)
		if err != nil {
			return err
		}
		return r.printMail(newMailDocument(m))
	})
}

// deliveryDocument is what mail send --json prints.
type deliveryDocument struct {
	Sent        int             `json:"sent"`
	Failed      int             `json:"failed"`
	Dropped     int             `json:"dropped"`
	Unconfirmed int             `json:"unconfirmed"`
	Later       int             `json:"later"`   // tried, and to be tried again
	Waiting     int             `json:"waiting"` // in the outbox still, those among them
	Next        *time.Time      `json:"next"`    // when the first of these is due
	Trouble     *troubleSection `json:"trouble"` // what keeps mail from leaving; null: nothing
}

type troubleSection struct {
	Kind   string `json:"kind"`
	Answer string `json:"answer"`
}

// Run sends all that is due.
func (c *mailSendCommand) Run(r *run) error {
	if c.Timeout < 0 {
		return misuse("--timeout must not be negative")
	}
	return r.directory(func(ctx context.Context, s *app.Station) error {
		if c.Timeout > 0 {
			var cancel func()
			ctx, cancel = context.WithTimeout(ctx, c.Timeout)
			defer cancel()
		}
		report, err := s.Mail.Deliver(ctx)
		if err != nil {
			return fmt.Errorf("send mail: %w", err)
		}
		doc := deliveryDocument{Sent: report.Sent, Failed: report.Failed, Dropped: report.Dropped, Unconfirmed: report.Unconfirmed,
			Later: report.Later, Waiting: report.Waiting, Next: moment(report.Next)}
		if report.Trouble != nil {
			doc.Trouble = &troubleSection{string(report.Trouble.Kind), report.Trouble.Answer}
		}
		err = r.print(doc, func(w io.Writer) {
			_, _ = fmt.Fprintf(w, "%d sent, %d failed, %d waiting.\n", doc.Sent, doc.Failed, doc.Waiting)
			if doc.Unconfirmed > 0 {
				_, _ = fmt.Fprintf(w, "%d handed over without an answer.\n", doc.Unconfirmed)
			}
		})
		if err != nil || report.Trouble == nil {
			return err
		}
		if r.JSON {
			return errShown
		}
		return report.Trouble
	})
}

// Run sends a test.
func (c *mailTestCommand) Run(r *run) error {
	by, err := actor()
	if err != nil {
		return err
	}
	return r.directory(func(ctx context.Context, s *app.Station) error {
		answer, err := s.Mail.Test(ctx, by, c.Address)
		if err != nil {
			return fmt.Errorf("send a test: %w", err)
		}
		doc := struct {
			To     string `json:"to"`
			Answer string `json:"answer"` // of the server
		}{c.Address, answer}
		return r.print(doc, func(w io.Writer) {
			_, _ = fmt.Fprintf(w, "The server has taken it: %s\n", clean(answer))
		})
	})
}

// mailTrouble tells whether an error is what keeps all mail from leaving, of this kind.
func mailTrouble(kind mail.TroubleKind) func(error) bool {
	return func(err error) bool {
		var t *mail.Trouble
		return errors.As(err, &t) && t.Kind == kind
	}
}
