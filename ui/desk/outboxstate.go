package desk

import (
	"time"

	"tapstation/app/directory"
	"tapstation/assets/text"
)

// messageStates are where mails can stand, in the order they are offered to filter by.
var messageStates = []directory.MessageState{directory.Queued, directory.Failed, directory.Unconfirmed, directory.Sent, directory.Dropped}

// outboxState is Mail as it is now.
type outboxState struct {
	listing[directory.MessageRow]
	whom
	Query   directory.MessageQuery // what is listed; After and Limit are the listing's affair
	Chosen  chosen
	Figures *directory.MailFigures // nil: not known
}

// ask is s with another query. All that matched another one is then no longer chosen; those named stay.
func (s outboxState) ask(q directory.MessageQuery) outboxState {
	q.After, q.Limit = "", 0
	before := s.Query
	before.Desc = q.Desc
	if s.Chosen.All && q != before {
		s.Chosen = chosen{}
	}
	s.Query = q
	s.first()
	return s
}

// question is the page that is being asked for.
func (s outboxState) question() directory.MessageQuery {
	q := s.Query
	q.After, q.Limit = s.after(), pageSize
	return q
}

// took takes in the answer to question n.
func (s outboxState) took(n int, list directory.MessageListing, err error) outboxState {
	s.answer(n, list.Rows, func(r directory.MessageRow) string { return r.Message.ID }, list.Next, err)
	return s
}

// narrowed tells whether only some of the mails are asked for.
func (s outboxState) narrowed() bool {
	q := s.Query
	q.Desc = false
	return q != directory.MessageQuery{} || s.Typed != ""
}

// total is how many mails match, where that is known: at the end of the list, or where the directory has counted them.
func (s outboxState) total() (n int, known bool) {
	switch {
	case s.Known && s.Rows.end && !s.Asking:
		return s.Rows.count(), true
	case s.Figures == nil || s.Query.UserID != "" || s.Query.KeyID != "" || !s.Query.MadeBefore.IsZero():
		return s.Rows.count(), false
	case s.Query.State != "":
		return s.Figures.States[s.Query.State], true
	}
	for _, count := range s.Figures.States {
		n += count
	}
	return n, true
}

// chosenCount is how many are chosen, where that is known.
func (s outboxState) chosenCount() (n int, known bool) {
	total, known := s.total()
	if !known {
		total = -1
	}
	return s.Chosen.count(total)
}

// aboutWords is what a mail is about, with the key where there is one.
func aboutWords(r directory.MessageRow) string {
	words := text.T("outbox.kind." + string(r.Message.Kind))
	if r.Key.Name != "" {
		words += " · " + r.Key.Name
	}
	return words
}

// answerWords is what was said last of a mail.
func answerWords(m directory.Message) string {
	if m.State == directory.Unconfirmed {
		return text.T("outbox.no_answer") // it is Tapstation's own word
	}
	return m.Answer
}

// timeWords is a moment; "" where there is none.
func timeWords(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return text.DateTime(t)
}

// whenWords is when a mail leaves next, or since when it stands as it does.
func whenWords(m directory.Message, now time.Time) string {
	switch {
	case m.State != directory.Queued:
		return text.DateTime(m.Done)
	case now.Before(m.LeasedUntil):
		return text.T("outbox.sending")
	case !now.Before(m.Due):
		return text.T("outbox.next_now")
	}
	return text.T("outbox.next_in", "Time", spanWords(m.Due.Sub(now)))
}

// spanWords is how long something takes, roughly: in seconds, minutes, hours or days.
func spanWords(d time.Duration) string {
	up := func(unit time.Duration) int { return int((d + unit - 1) / unit) }
	switch {
	case d <= time.Minute:
		return text.N("outbox.seconds", max(up(time.Second), 1))
	case d <= 90*time.Minute:
		return text.N("outbox.minutes", up(time.Minute))
	case d <= 36*time.Hour:
		return text.N("outbox.hours", up(time.Hour))
	}
	return text.N("outbox.days", up(24*time.Hour))
}

// canSendAgain tells whether a mail can be sent again, or at once.
func canSendAgain(m directory.Message) bool { return m.State != directory.Sent }

// canWithdraw tells whether a mail can be kept from leaving.
func canWithdraw(m directory.Message) bool { return m.State == directory.Queued }
