package mail

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/app/mail/letter"
)

// RefusedError is a message that the server does not take.
type RefusedError struct {
	Answer string // as it can be shown: one line without secrets
	Later  bool   // it may take it later
}

func (e *RefusedError) Error() string { return "the mail server refuses the message: " + e.Answer }

// Test sends a message that says only that mail works, over a connection of its own, and tells what the server answered.
// It fails with ErrNotSetUp, *directory.InvalidError, *Trouble and *RefusedError.
func (o *Outbox) Test(ctx context.Context, by, to string) (answer string, err error) {
	var w directory.Workspace
	err = o.Directory.Store.View(ctx, func(tx directory.Tx) error {
		if err := directory.Allow(tx, by, directory.ChangeSettings); err != nil {
			return err
		}
		w, err = tx.Workspace()
		return err
	})
	if err != nil {
		return "", err
	}
	if err := checkAddress(to); err != nil {
		return "", err
	}
	answer, failure := o.sendTest(ctx, w, to)
	detail := map[string]string{"result": "sent"}
	if failure != nil {
		detail["result"] = "failed"
	}
	// It is on record also where whoever asked does not wait for the answer any more.
	recorded := o.Directory.Record(context.WithoutCancel(ctx), by, directory.ChangeSettings, audit.Entry{Act: audit.MailTested, Detail: detail})
	return answer, errors.Join(failure, recorded)
}

// checkAddress takes what can be the address of a user.
func checkAddress(to string) error {
	wrong := directory.Validate(directory.User{ID: "-", Email: to})
	wrong = slices.DeleteFunc(wrong, func(f directory.FieldError) bool { return f.Field != "email" })
	if to == "" {
		wrong = []directory.FieldError{{Field: "email", Problem: directory.Required}}
	}
	if len(wrong) > 0 {
		return &directory.InvalidError{Fields: wrong}
	}
	return nil
}

func (o *Outbox) sendTest(ctx context.Context, w directory.Workspace, to string) (answer string, err error) {
	s, sign, err := o.prepare(ctx, w)
	if err != nil {
		return "", err
	}
	id := make([]byte, 16)
	_, _ = rand.Read(id) // never fails (crypto/rand)
	name := hex.EncodeToString(id)
	l := letter.Letter{Kind: directory.TestMail, Language: letter.LanguageOf(w, directory.User{}), Workspace: w, Date: o.now(), To: to,
		MessageID: name + w.Mail.From[strings.LastIndexByte(w.Mail.From, '@'):]}
	content, err := letter.Compose(l, nil, sign)
	if err != nil {
		return "", fmt.Errorf("compose a message: %w", err)
	}
	session, err := s.connect(ctx)
	if err != nil {
		return "", err
	}
	p := parcel{message: directory.Message{ID: name}, from: w.Mail.From, to: to, content: content}
	out := session.send(ctx, p, unwritten{})
	if out.broken {
		session.close()
	} else {
		session.quit()
	}
	switch {
	case out.trouble != nil:
		return "", out.trouble
	case out.fate == sent:
		return out.answer, nil
	case ctx.Err() != nil:
		return "", ctx.Err()
	case out.fate == given || out.broken:
		return "", &Trouble{Kind: CutOff, Answer: out.answer, err: errors.New(out.answer)}
	}
	return "", &RefusedError{Answer: out.answer, Later: out.fate == later}
}

// unwritten is the journal of what is not in the outbox.
type unwritten struct{}

var _ Handover = unwritten{}

func (unwritten) Open() (string, []Handed, error)  { return "", nil, nil }
func (unwritten) Begin(string) error               { return nil }
func (unwritten) Answer(string, int, string) error { return nil }
func (unwritten) Forget([]string) error            { return nil }
func (unwritten) Close() error                     { return nil }
