package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"tapstation/app"
	"tapstation/app/directory"
	"tapstation/app/mail/letter"
	"tapstation/app/whole"
	"tapstation/assets/text"
)

type mailTemplateListCommand struct{}

type mailTemplateArgument struct {
	Kind     string `arg:"" help:"What the mail is about: activation, pin_setup, email_proof or test." enum:"activation,pin_setup,email_proof,test"`
	Language string `help:"Language of the mail, such as en or de; without it the workspace's." placeholder:"TAG"`
}

type mailTemplateTextFlags struct {
	Subject *string `help:"Subject; without it that of now."`
	Body    string  `help:"File with the text of the mail, - for standard input; without it the text of now. Placeholders such as {first_name} stand in braces; mail template show tells them." type:"path" placeholder:"FILE"`
}

type (
	mailTemplateShowCommand  struct{ mailTemplateArgument }
	mailTemplateResetCommand struct{ mailTemplateArgument }
)

type mailTemplateSetCommand struct {
	mailTemplateArgument
	mailTemplateTextFlags
}

type mailTemplatePreviewCommand struct {
	mailTemplateArgument
	mailTemplateTextFlags
	HTML string `help:"Write the mail as it is shown by mail programs to this file." name:"html" type:"path" placeholder:"FILE"`
}

// templateDocument is what a kind of mail says in a language.
type templateDocument struct {
	Kind         string     `json:"kind"`
	Language     string     `json:"language"`
	Subject      string     `json:"subject"`
	Body         string     `json:"body"`
	Own          bool       `json:"own"` // the workspace's, not the program's
	Changed      *time.Time `json:"changed"`
	Placeholders []string   `json:"placeholders"` // that may stand in it, in braces
}

func newTemplateDocument(l letter.Listed) templateDocument {
	d := templateDocument{Kind: string(l.Kind), Language: l.Language, Subject: l.Subject, Body: l.Body, Own: l.Own, Changed: moment(l.Changed)}
	for _, p := range letter.Placeholders(l.Kind) {
		d.Placeholders = append(d.Placeholders, p.Name)
	}
	return d
}

// templatesDocument is what mail template list --json prints.
type templatesDocument struct {
	Templates []templateDocument `json:"templates"`
}

// previewDocument is what mail template preview --json prints.
type previewDocument struct {
	Kind     string `json:"kind"`
	Language string `json:"language"`
	Subject  string `json:"subject"`
	Text     string `json:"text"`
	HTML     string `json:"html"`
}

// errLanguage is a language that nothing is translated into.
var errLanguage = errors.New("there is no translation into this language")

// now is the template as mails are made from it now.
func (a mailTemplateArgument) now(ctx context.Context, s *app.Station) (letter.Listed, error) {
	w, err := s.Directory.Workspace(ctx)
	if err != nil {
		return letter.Listed{}, fmt.Errorf("read the settings: %w", err)
	}
	if !text.Speaks(a.Language) {
		return letter.Listed{}, fmt.Errorf("language %q: %w", a.Language, errLanguage)
	}
	l, err := s.Letters.Template(ctx, directory.MessageKind(a.Kind), letter.LanguageOf(w, directory.User{Language: a.Language}))
	if err != nil {
		return l, fmt.Errorf("read the mail text: %w", err)
	}
	return l, nil
}

// put puts what the flags say in the place of what is there.
func (f mailTemplateTextFlags) put(r *run, t *directory.MailTemplate) error {
	if f.Subject != nil {
		t.Subject = *f.Subject
	}
	if f.Body == "" {
		return nil
	}
	const most = utf8.UTFMax * letter.MaxBody
	content, err := func() ([]byte, error) {
		if f.Body == "-" {
			return within(r.ctx, func() ([]byte, error) { return takeAtMost(r.Stdin, "standard input", most) })
		}
		return readAtMost(f.Body, most)
	}()
	if err != nil {
		return fmt.Errorf("read the text: %w", err)
	}
	t.Body = string(bytes.TrimPrefix(content, []byte("\uFEFF")))
	return nil
}

// Run lists what mails say.
func (c *mailTemplateListCommand) Run(r *run) error {
	return r.directory(func(ctx context.Context, s *app.Station) error {
		all, err := s.Letters.List(ctx)
		if err != nil {
			return err
		}
		doc := templatesDocument{Templates: []templateDocument{}}
		var rows [][]string
		for _, l := range all {
			d := newTemplateDocument(l)
			doc.Templates = append(doc.Templates, d)
			changed := "as delivered"
			if l.Own {
				changed = "changed " + shortly(l.Changed)
			}
			rows = append(rows, []string{d.Kind, d.Language, changed, d.Subject})
		}
		return r.print(doc, func(w io.Writer) { table(w, []string{"KIND", "LANGUAGE", "TEXT", "SUBJECT"}, rows) })
	})
}

// Run shows what a kind of mail says.
func (c *mailTemplateShowCommand) Run(r *run) error {
	return r.directory(func(ctx context.Context, s *app.Station) error {
		l, err := c.now(ctx, s)
		if err != nil {
			return err
		}
		return r.printTemplate(l)
	})
}

// Run changes what a kind of mail says.
func (c *mailTemplateSetCommand) Run(r *run) error {
	if c.Subject == nil && c.Body == "" {
		return misuse("give --subject, --body or both")
	}
	by, err := actor()
	if err != nil {
		return err
	}
	return r.directory(func(ctx context.Context, s *app.Station) error {
		l, err := c.now(ctx, s)
		if err != nil {
			return err
		}
		if err := c.put(r, &l.MailTemplate); err != nil {
			return err
		}
		kept, err := s.Letters.Save(ctx, by, l.MailTemplate)
		if err != nil {
			return fmt.Errorf("change the mail text: %w", err)
		}
		return r.printTemplate(letter.Listed{MailTemplate: kept, Own: true})
	})
}

// Run goes back to what the program says by itself.
func (c *mailTemplateResetCommand) Run(r *run) error {
	by, err := actor()
	if err != nil {
		return err
	}
	return r.directory(func(ctx context.Context, s *app.Station) error {
		l, err := c.now(ctx, s)
		if err != nil {
			return err
		}
		t, err := s.Letters.Reset(ctx, by, l.Kind, l.Language)
		if err != nil {
			return fmt.Errorf("reset the mail text: %w", err)
		}
		return r.printTemplate(letter.Listed{MailTemplate: t})
	})
}

// Run shows a mail to somebody made up.
func (c *mailTemplatePreviewCommand) Run(r *run) error {
	return r.directory(func(ctx context.Context, s *app.Station) error {
		l, err := c.now(ctx, s)
		if err != nil {
			return err
		}
		if err := c.put(r, &l.MailTemplate); err != nil {
			return err
		}
		shown, err := s.Letters.Preview(ctx, l.MailTemplate)
		if err != nil {
			return fmt.Errorf("show the mail: %w", err)
		}
		if c.HTML != "" {
			err := whole.Write(c.HTML, func(w io.Writer) error {
				_, err := io.WriteString(w, shown.HTML)
				return err
			})
			if err != nil {
				return fmt.Errorf("write the mail: %w", err)
			}
		}
		doc := previewDocument{c.Kind, l.Language, shown.Subject, shown.Text, shown.HTML}
		return r.print(doc, func(w io.Writer) {
			_, _ = fmt.Fprintf(w, "Subject: %s\n\n%s", clean(doc.Subject), clean(doc.Text)) // a strings.Builder takes everything
		})
	})
}

func (r *run) printTemplate(l letter.Listed) error {
	doc := newTemplateDocument(l)
	return r.print(doc, func(w io.Writer) {
		_, _ = fmt.Fprintf(w, "Subject: %s\n\n%s\n\nPlaceholders: {%s}\n", clean(doc.Subject), clean(doc.Body), // likewise
			strings.Join(doc.Placeholders, "} {"))
	})
}
