package command

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tapstation/app"
	"tapstation/app/directory"
	"tapstation/app/mail"
)

// mailTime is how long a command waits for a mail that it queued to leave. What takes longer leaves later: the window, or
// tapstation serve, sends it.
const mailTime = 10 * time.Second

// mailDocument is a mail of the outbox in a document.
type mailDocument struct {
	MailID    string     `json:"mail_id"`
	Kind      string     `json:"kind"`
	State     string     `json:"state"`
	UserID    string     `json:"user_id"`
	KeyID     string     `json:"key_id"`
	To        string     `json:"to"`
	MessageID string     `json:"message_id"` // as in the header
	Attempts  int        `json:"attempts"`
	Answer    string     `json:"answer"` // what the server, or the way to it, said last
	Created   *time.Time `json:"created"`
	Tried     *time.Time `json:"tried"`
	Due       *time.Time `json:"due"` // null where it is not to be sent any more
	Done      *time.Time `json:"done"`
}

func newMailDocument(m directory.Message) mailDocument {
	doc := mailDocument{
		MailID: m.ID, Kind: string(m.Kind), State: string(m.State), UserID: m.UserID, KeyID: m.KeyID, To: m.To, MessageID: m.MessageID,
		Attempts: m.Attempts, Answer: m.Answer, Created: moment(m.Created), Tried: moment(m.Tried), Done: moment(m.Done),
	}
	if m.State == directory.Queued {
		doc.Due = moment(m.Due)
	}
	return doc
}

// sendMail sends what is due in the outbox after a command has queued something there, for mailTime at most. That it cannot
// be sent now is no failure of the command, for it will be later: why is told on standard error.
func (r *run) sendMail(s *app.Station) mail.Report {
	ctx, cancel := context.WithTimeout(r.ctx, mailTime)
	defer cancel()
	report, err := s.Mail.Deliver(ctx)
	var held *directory.HeldError
	switch {
	case errors.As(err, &held):
		// The process that sends has noticed, or will in a moment.
		counts, err := s.Mail.Counts(ctx)
		if err != nil {
			r.warn(fmt.Errorf("count the mail that waits: %w", err))
		}
		report.Waiting = counts[directory.Queued]
	case err != nil && ctx.Err() == nil:
		r.warn(fmt.Errorf("send the mail: %w", err))
	case report.Trouble != nil:
		r.say("%s. It is tried again while the window is open or tapstation serve runs, and by tapstation mail send.", sentence(report.Trouble))
	}
	return report
}

// sendMailOf is sendMail for a command that queued one mail, about a key: it tells what became of it.
func (r *run) sendMailOf(s *app.Station, keyID string) (mailDocument, error) {
	r.sendMail(s)
	by, err := actor()
	if err != nil {
		return mailDocument{}, err
	}
	ctx := context.WithoutCancel(r.ctx)
	page, err := s.Mail.List(ctx, by, directory.MessageQuery{KeyID: keyID, Desc: true, Limit: 1})
	if err == nil && len(page.Messages) == 0 {
		err = directory.ErrNotFound
	}
	if err != nil {
		return mailDocument{}, fmt.Errorf("look what became of the mail: %w", err)
	}
	return newMailDocument(page.Messages[0]), nil
}

// mailSentence says what became of a mail.
func mailSentence(m mailDocument) string {
	switch directory.MessageState(m.State) {
	case directory.Sent:
		return fmt.Sprintf("The mail to %s is sent.", m.To)
	case directory.Failed:
		return fmt.Sprintf("The mail to %s could not be sent: %s", m.To, m.Answer)
	case directory.Unconfirmed:
		return fmt.Sprintf("The mail to %s was handed over, but the server has not confirmed it.", m.To)
	case directory.Dropped:
		return fmt.Sprintf("The mail to %s was withdrawn.", m.To)
	}
	return fmt.Sprintf("The mail to %s waits to be sent.", m.To)
}
