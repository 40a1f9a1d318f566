package desk

import (
	"errors"
	"strings"

	"tapstation/app/directory"
	"tapstation/app/mail/letter"
	"tapstation/assets/text"
	"tapstation/ui/wording"
)

// templateState is a mail text as it is kept, and as it is being changed.
type templateState struct {
	Kind     directory.MessageKind
	Language string
	Kept     letter.Listed
	Known    bool
	Failed   error // why it could not be shown

	Subject, Body string // as they stand in the fields
	Saving        bool
	Done          bool  // it has just been saved, or reset
	Wrong         error // why it could not be

	Shown  letter.Rendered // the preview
	Stale  bool            // Shown is of what was right last
	Asked  int             // the number of the last preview asked for
	Letter letter.Letter   // that Shown is of
}

// template is what stands in the fields.
func (s templateState) template() directory.MailTemplate {
	return directory.MailTemplate{Kind: s.Kind, Language: s.Language, Subject: s.Subject, Body: s.Body}
}

// changed tells whether anything was typed that is not kept yet.
func (s templateState) changed() bool {
	return s.Known && (s.Subject != s.Kept.Subject || s.Body != s.Kept.Body)
}

// keep is the state with the text as it is kept.
func (s templateState) keep(l letter.Listed) templateState {
	s.Kept, s.Known, s.Failed, s.Wrong = l, true, nil, nil
	s.Subject, s.Body = l.Subject, l.Body
	return s
}

// typed takes in what was typed.
func (s templateState) typed(subject, body string) templateState {
	if subject != s.Subject || body != s.Body {
		s.Done, s.Wrong = false, nil
	}
	s.Subject, s.Body = subject, body
	return s
}

// mistake is what is said beside a field, "subject" or "body"; "" where nothing is wrong with it.
func (s templateState) mistake(field string) string {
	var first *letter.Mistake
	more := 0
	for _, m := range letter.Mistakes(s.template()) {
		switch {
		case m.Field != field:
		case first == nil:
			first = &m
		default:
			more++
		}
	}
	if first == nil {
		return ""
	}
	words := mistakeWords(*first)
	if more > 0 {
		words += " " + text.N("template.problem.more", more)
	}
	return words
}

// mistakeWords is what to write instead.
func mistakeWords(m letter.Mistake) string {
	words := ""
	switch m.Problem {
	case letter.UnknownPlaceholder:
		words = text.T("template.problem.unknown", "Name", "{"+m.Placeholder+"}")
	case letter.NotInSubject:
		words = text.T("template.problem.not_in_subject", "Name", "{"+m.Placeholder+"}")
	case letter.MissingLink:
		words = text.T("template.problem.missing", "Name", "{link}")
	case letter.MissingCode:
		words = text.T("template.problem.missing", "Name", "{code}")
	default:
		words = wording.Field(m.FieldError)
	}
	if m.Line > 0 && m.Field == "body" {
		words = text.T("template.problem.line", "Line", text.Number(m.Line), "Problem", words)
	}
	return words
}

// ready tells whether the text can be kept.
func (s templateState) ready() bool { return len(letter.Mistakes(s.template())) == 0 }

// refused is the state when it could not be kept.
func (s templateState) refused(err error) templateState {
	s.Saving = false
	var invalid *letter.InvalidError
	if !errors.As(err, &invalid) { // what is wrong stands beside the fields
		s.Wrong = err
	}
	return s
}

// blockForm is how a part of a mail looks.
type blockForm int

const (
	proseBlock blockForm = iota
	linkBlock            // a button
	codeBlock            // a box
)

// mailBlock is a part of a mail.
type mailBlock struct {
	Form  blockForm
	Words string
}

// mailBlocks parts the text of a mail as its HTML shows it: the link and the code stand out where they stand alone.
func mailBlocks(r letter.Rendered, l letter.Letter) (blocks []mailBlock) {
	for part := range strings.SplitSeq(strings.TrimRight(r.Text, "\n"), "\n\n") {
		form := proseBlock
		words := strings.Trim(part, "\n")
		switch strings.TrimSpace(words) {
		case "":
			continue
		case l.Opening.Link:
			form = linkBlock
		case l.Opening.Code:
			form = codeBlock
		}
		if form != proseBlock {
			words = strings.TrimSpace(words)
		}
		blocks = append(blocks, mailBlock{form, words})
	}
	return blocks
}
