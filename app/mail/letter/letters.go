package letter

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/assets/text"
)

// Letters are the templates of a workspace.
type Letters struct {
	Directory *directory.Directory
}

// Listed is a template, and whether it is the workspace's own.
type Listed struct {
	directory.MailTemplate
	Own bool
}

// List is the template of each kind in each language, as mails are made from it now.
func (s *Letters) List(ctx context.Context) ([]Listed, error) {
	var all []Listed
	err := s.Directory.Store.View(ctx, func(tx directory.Tx) error {
		all = nil
		for _, kind := range Kinds {
			for _, language := range text.Languages() {
				l, err := listed(tx, kind, language)
				if err != nil {
					return err
				}
				all = append(all, l)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list the mail texts: %w", err)
	}
	return all, nil
}

// Template is the one that mails of a kind in a language are made from now. It fails with ErrKind.
func (s *Letters) Template(ctx context.Context, kind directory.MessageKind, language string) (Listed, error) {
	var l Listed
	if Placeholders(kind) == nil {
		return l, ErrKind
	}
	err := s.Directory.Store.View(ctx, func(tx directory.Tx) (err error) {
		l, err = listed(tx, kind, text.In(language).Language())
		return err
	})
	return l, err
}

func listed(tx directory.Tx, kind directory.MessageKind, language string) (Listed, error) {
	t, err := Own(tx, kind, language)
	if err != nil || t == nil {
		return Listed{MailTemplate: Default(kind, language)}, err
	}
	return Listed{*t, true}, nil
}

// Own is the workspace's own template for Compose; nil where there is none.
func Own(tx directory.Tx, kind directory.MessageKind, language string) (*directory.MailTemplate, error) {
	t, err := tx.MailTemplate(kind, text.In(language).Language())
	if errors.Is(err, directory.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("mail text %s: %w", kind, err)
	}
	return &t, nil
}

// InvalidError is a template that does not pass Check. It is a *directory.InvalidError.
type InvalidError struct {
	Mistakes []Mistake
}

func (e *InvalidError) Error() string {
	s := "invalid:"
	for i, m := range e.Mistakes {
		if i > 0 {
			s += ";"
		}
		s += " " + m.String()
	}
	return s
}

func (e *InvalidError) Unwrap() error {
	all := &directory.InvalidError{}
	for _, m := range e.Mistakes {
		all.Fields = append(all.Fields, m.FieldError)
	}
	return all
}

// Save keeps a template as the workspace's own. It fails with *InvalidError.
func (s *Letters) Save(ctx context.Context, by string, t directory.MailTemplate) (directory.MailTemplate, error) {
	t = typed(t)
	if wrong := Mistakes(t); len(wrong) > 0 {
		return t, &InvalidError{wrong}
	}
	err := s.change(ctx, by, func(tx directory.Tx, now time.Time) error {
		old, err := Own(tx, t.Kind, t.Language)
		if err != nil {
			return err
		}
		if t.Changed = now; old != nil && old.Subject == t.Subject && old.Body == t.Body {
			t = *old
			return nil
		}
		if err := tx.PutMailTemplate(t); err != nil {
			return err
		}
		return tx.AppendAudit(changed(now, by, t.Kind, t.Language, "saved"))
	})
	return t, err
}

// Reset goes back to the program's own template.
func (s *Letters) Reset(ctx context.Context, by string, kind directory.MessageKind, language string) (directory.MailTemplate, error) {
	if Placeholders(kind) == nil {
		return directory.MailTemplate{}, ErrKind
	}
	t := Default(kind, language)
	err := s.change(ctx, by, func(tx directory.Tx, now time.Time) error {
		old, err := Own(tx, kind, t.Language)
		if err != nil || old == nil {
			return err
		}
		if err := tx.DeleteMailTemplate(kind, t.Language); err != nil {
			return err
		}
		return tx.AppendAudit(changed(now, by, kind, t.Language, "reset"))
	})
	return t, err
}

func changed(now time.Time, by string, kind directory.MessageKind, language, what string) audit.Entry {
	return audit.Entry{Time: now, Actor: by, Act: audit.TemplateChanged,
		Detail: map[string]string{"mail": string(kind), "language": language, "change": what}}
}

// Preview is what a template would say to somebody made up.
func (s *Letters) Preview(ctx context.Context, t directory.MailTemplate) (Rendered, error) {
	t = typed(t)
	if wrong := Mistakes(t); len(wrong) > 0 {
		return Rendered{}, &InvalidError{wrong}
	}
	w, err := s.Directory.Workspace(ctx)
	if err != nil {
		return Rendered{}, fmt.Errorf("read the settings: %w", err)
	}
	return Preview(Sample(t.Kind, t.Language, w, s.now()), &t)
}

// change runs do in one transaction on behalf of an actor who may change settings.
func (s *Letters) change(ctx context.Context, by string, do func(tx directory.Tx, now time.Time) error) error {
	now := s.now()
	return s.Directory.Store.Update(ctx, func(tx directory.Tx) error {
		if err := directory.Allow(tx, by, directory.ChangeSettings); err != nil {
			return err
		}
		return do(tx, now)
	})
}

// now is the time a store can keep: UTC, to the microsecond.
func (s *Letters) now() time.Time {
	now := time.Now
	if s.Directory.Now != nil {
		now = s.Directory.Now
	}
	return now().UTC().Truncate(time.Microsecond)
}

// Sample is a letter to somebody made up, with a link and a code that open nothing.
func Sample(kind directory.MessageKind, language string, w directory.Workspace, now time.Time) Letter {
	portal := w.Portal.URL
	if portal == "" {
		portal = "https://keys.example.org"
	}
	path := "/activate/"
	if kind == directory.PINMail {
		path = "/pin/"
	}
	w.Mail.From = "keys@example.org"
	words := text.In(language)
	return Letter{
		Kind: kind, Language: words.Language(), Workspace: w, Date: now, To: "ada@example.org", MessageID: "example@example.org",
		User: directory.User{ID: "ada", UserName: "ada", FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.org"},
		Key:  directory.SecurityKey{Name: words.T("mail.sample.key"), Kind: directory.Card, Verification: directory.PIN},
		Opening: Opening{
			Link: portal + path + "this-is-an-example-and-opens-nothing-at-all", Code: "ABCDE-FGHJK",
			Expires: now.AddDate(0, 0, w.LinkDays), CodeExpires: now.Add(time.Duration(w.CodeHours) * time.Hour),
		},
	}
}
