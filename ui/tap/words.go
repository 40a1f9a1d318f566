package tap

import (
	"errors"
	"strings"

	"tapstation/app/enroll"
	"tapstation/assets/text"
	"tapstation/device"
	"tapstation/ui/wording"
)

// Words are what to do now, in one line of large text, and what else there is to say.
func (s State) Words() wording.Words {
	switch s.Phase {
	case Asking:
		return s.askedPIN()
	case Choosing:
		return s.asked()
	case Stopping:
		return wording.Words{Title: text.T("tap.stopping.title"), Remedy: text.T("tap.stopping.remedy")}
	case Stopped:
		return wording.Words{Title: text.T("tap.stopped.title"), Remedy: s.leftWords()}
	case Failed:
		return s.failed()
	case Enrolled:
		if s.Task == ChangingPIN && !s.makes {
			return wording.Words{Title: text.T("tap.done.pin.title", "Owner", s.Owner.DisplayName()), Remedy: text.T("tap.done.pin.remedy")}
		}
		done := wording.Words{Title: text.T("tap.done.title", "Owner", s.Owner.DisplayName()), Remedy: text.T("tap.done.remedy")}
		if s.Result.Resumed {
			done.Remedy = text.T("tap.done.resumed")
		}
		if to := s.Result.Mail.To; to != "" {
			done.Remedy += " " + text.T("tap.done.mailed", "To", to)
		}
		return done
	}
	return s.running()
}

func (s State) running() wording.Words {
	switch s.Step.Kind {
	case enroll.WaitService:
		return goesOn(device.ErrServiceDown)
	case enroll.WaitReader:
		return wording.Error(device.ErrNoReader)
	case enroll.WaitFree:
		return goesOn(device.ErrReaderHeld)
	case enroll.WaitCard, enroll.WaitAgain, "": // it is about to begin
		if s.Step.Problem != nil {
			return wording.Error(s.Step.Problem)
		}
		if s.Step.Kind == enroll.WaitAgain {
			return wording.Words{Title: text.T("tap.wait_again.title"), Remedy: text.T("tap.wait_again.remedy")}
		}
		return wording.Words{Title: text.T("tap.wait_card.title"), Remedy: text.T("tap.wait_card.remedy")}
	}
	return wording.Words{Title: text.T("tap.working.title"), Remedy: s.doing()}
}

// goesOn are the words for what the ceremony waits for by itself.
func goesOn(err error) wording.Words {
	w := wording.Error(err)
	w.Remedy += "\n" + text.T("tap.goes_on")
	return w
}

func (s State) doing() string {
	switch s.Step.Kind {
	case enroll.SetPIN:
		return text.T("tap.set_pin")
	case enroll.Register:
		return text.T("tap.register")
	case enroll.Prove:
		return text.T("tap.prove")
	case enroll.Save, enroll.Done:
		return text.T("tap.save")
	}
	return text.T("tap.inspect")
}

func (s State) askedPIN() wording.Words {
	leave := " " + text.T("tap.pin.leave_card")
	switch s.PIN.Purpose {
	case enroll.CardPIN:
		return wording.Words{Title: text.T("tap.pin.card.title"), Remedy: text.T("tap.pin.card.remedy") + leave}
	case enroll.NewPIN:
		return wording.Words{Title: text.T("tap.pin.new.title"), Remedy: wording.Policy(s.PIN.Policy) + leave}
	case enroll.ReplacePIN:
		return wording.Words{Title: text.T("tap.pin.replace.title"), Remedy: text.T("tap.pin.replace.remedy") + leave}
	}
	return wording.Words{Title: text.T("tap.pin.choose.title"), Remedy: wording.Policy(s.PIN.Policy) + leave}
}

func (s State) asked() wording.Words {
	q := s.Question
	owner := q.Owner.DisplayName()
	switch q.Kind {
	case enroll.LastAttempts:
		return wording.Words{Title: text.N("tap.ask.last.title", q.Retries), Remedy: text.T("tap.ask.last.remedy")}
	case enroll.ResetCard:
		w := wording.Words{Title: text.T("tap.ask.reset.title"), Remedy: text.T("tap.ask.reset.remedy")}
		if q.Retries > 0 {
			w.Title = text.T("tap.ask.reset.forgotten")
		}
		if q.Key.ID != "" {
			w.Remedy += " " + text.T("tap.ask.reset.key", "Key", q.Key.Name, "Owner", owner)
		}
		return w
	case Abandon:
		return wording.Words{Title: text.T("tap.ask.abandon.title"), Remedy: text.T("tap.ask.abandon.remedy", "Owner", owner)}
	}
	whose := text.T("tap.ask.replace.other", "Key", q.Key.Name, "Owner", owner, "ID", q.Owner.ID)
	if q.Owner.ID == s.Owner.ID {
		whose = text.T("tap.ask.replace.own", "Key", q.Key.Name, "Owner", owner)
	}
	return wording.Words{
		Title:  text.T("tap.ask.replace.title"),
		Remedy: whose + " " + text.T("tap.ask.replace.lost", "Key", q.Key.Name, "Owner", owner),
	}
}

func (s State) failed() wording.Words {
	w := wording.Error(s.Err)
	var wrong *device.PINError
	if !errors.As(s.Err, &wrong) && s.left != NothingLeft { // with a PIN that nobody knows it cannot be finished
		w.Remedy += " " + s.leftWords()
	}
	return w
}

func (s State) leftWords() string {
	switch s.left {
	case PINLeft:
		if s.Task == ChangingPIN {
			return text.T("tap.left.pin_only")
		}
		return text.T("tap.left.pin")
	case KeyLeft:
		return text.T("tap.left.key")
	}
	return text.T("tap.left.nothing")
}

// Attempts are the words about the attempts left for a card's PIN, and whether they are a warning.
func (s State) Attempts() (words string, few bool) {
	const plenty = 3 // a card gives eight at most (CTAP 2.1 §6.5.5.2); from here on each is worth a warning
	left := s.PIN.Retries
	switch {
	case s.PIN.Purpose != enroll.CardPIN || left < 0:
		return "", false
	case left <= plenty:
		return text.N("tap.pin.few", left), true
	}
	return text.N("tap.pin.left", left), false
}

// Word is what must be typed before the question may be answered with yes; empty where nothing must.
func (a Answer) Word() string {
	switch a.Kind {
	case enroll.LastAttempts:
		return text.T("tap.ask.word.last")
	case enroll.ResetCard:
		return text.T("tap.ask.word.reset")
	}
	return ""
}

// Confirmed tells whether it was typed.
func (a Answer) Confirmed() bool { return strings.EqualFold(strings.TrimSpace(a.Typed), a.Word()) }

// name is what a mark is called.
func (m Mark) name() string {
	switch m {
	case ReaderMark:
		return text.T("tap.mark.reader")
	case CardMark:
		return text.T("tap.mark.card")
	case PINMark:
		return text.T("tap.mark.pin")
	case RegisterMark:
		return text.T("tap.mark.register")
	case ProveMark:
		return text.T("tap.mark.prove")
	}
	return text.T("tap.mark.save")
}

// Seen is what the station sees: the reader, and the card's model where it is known.
func (s State) Seen() string {
	if s.Reader == "" {
		return ""
	}
	seen := text.T("tap.seen.reader", "Reader", s.Reader)
	if s.Model != "" {
		seen += "  ·  " + text.T("tap.seen.card", "Model", s.Model)
	}
	return seen
}

// problemWords is what is said beside the PIN; nothing where nothing is wrong.
func (e PINEntry) problemWords() string { return wording.PIN(e.Problem) }

// Details is what an administrator may want to know of a failure. There is no PIN in it.
func (s State) Details() string {
	lines := []string{s.Err.Error(), "step: " + string(s.Step.Kind)}
	if s.Reader != "" {
		lines = append(lines, "reader: "+s.Reader)
	}
	if s.Model != "" {
		lines = append(lines, "card: "+s.Model)
	}
	return strings.Join(append(lines, "user: "+s.Request.UserID), "\n")
}
