package letter

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/storage/storagetest"
)

const by = "os:test"

func openLetters(t *testing.T) *Letters {
	return &Letters{Directory: &directory.Directory{Store: storagetest.Open(t)}}
}

// records are what the audit log says of templates.
func (s *Letters) records(t *testing.T) (all []string) {
	t.Helper()
	entries, err := s.Directory.Audit(t.Context(), by, directory.AuditQuery{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Act == audit.TemplateChanged {
			all = append(all, e.Detail["mail"]+" "+e.Detail["language"]+" "+e.Detail["change"])
		}
	}
	return all
}

func TestTemplateIsKeptUntilItIsReset(t *testing.T) {
	s := openLetters(t)
	all, err := s.List(t.Context())
	if err != nil || len(all) != 2*len(Kinds) || slices.ContainsFunc(all, func(l Listed) bool { return l.Own }) {
		t.Fatalf("at first there are %d (%v), want the program's own of each kind in two languages", len(all), err)
	}
	own := directory.MailTemplate{Kind: directory.PINMail, Language: "de", Subject: " Ihre PIN ", Body: "\r\nHallo {name}, \r\n\r\n{link}\r\n\r\n"}
	kept, err := s.Save(t.Context(), by, own)
	if err != nil {
		t.Fatal(err)
	}
	if kept.Subject != "Ihre PIN" || kept.Body != "Hallo {name},\n\n{link}" || kept.Changed.IsZero() {
		t.Errorf("it is kept as %+v", kept)
	}
	if _, err := s.Save(t.Context(), by, own); err != nil {
		t.Fatal(err)
	}
	now, err := s.Template(t.Context(), directory.PINMail, "de-AT")
	if err != nil || !now.Own || now.MailTemplate != kept {
		t.Errorf("mails are made from %+v (%v), want %+v", now, err, kept)
	}
	if other, err := s.Template(t.Context(), directory.PINMail, "en"); err != nil || other.Own || other.MailTemplate != Default(directory.PINMail, "en") {
		t.Errorf("the other language is %+v (%v), want the program's own", other, err)
	}
	err = s.Directory.Store.View(t.Context(), func(tx directory.Tx) error {
		if own, err := Own(tx, directory.PINMail, "de"); err != nil || own == nil || *own != kept {
			t.Errorf("the outbox gets %+v (%v)", own, err)
		}
		if own, err := Own(tx, directory.ActivationMail, "de"); err != nil || own != nil {
			t.Errorf("of a kind without one the outbox gets %+v (%v), want none", own, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if back, err := s.Reset(t.Context(), by, directory.PINMail, "de"); err != nil || back != Default(directory.PINMail, "de") {
			t.Errorf("reset to %+v (%v)", back, err)
		}
	}
	if now, err := s.Template(t.Context(), directory.PINMail, "de"); err != nil || now.Own {
		t.Errorf("after the reset it is %+v (%v)", now, err)
	}
	if got, want := s.records(t), []string{"pin_setup de saved", "pin_setup de reset"}; !slices.Equal(got, want) {
		t.Errorf("on record is %q, want %q", got, want)
	}
}

func TestWrongTemplateIsRefusedAndNothingChanges(t *testing.T) {
	s := openLetters(t)
	wrong := directory.MailTemplate{Kind: directory.ActivationMail, Language: "en", Subject: "x", Body: "{nonsense}"}
	_, err := s.Save(t.Context(), by, wrong)
	var invalid *InvalidError
	var fields *directory.InvalidError
	if !errors.As(err, &invalid) || len(invalid.Mistakes) != 2 || !errors.As(err, &fields) || len(fields.Fields) != 2 || !strings.Contains(err.Error(), "{nonsense} in line 1; body: missing_link") {
		t.Errorf("saving it: %v, want both mistakes", err)
	}
	if _, err := s.Preview(t.Context(), wrong); !errors.As(err, &invalid) {
		t.Errorf("previewing it: %v, want an InvalidError", err)
	}
	for _, what := range []error{func() error { _, err := s.Template(t.Context(), "x", "en"); return err }(), func() error { _, err := s.Reset(t.Context(), by, "x", "en"); return err }()} {
		if !errors.Is(what, ErrKind) {
			t.Errorf("a kind there is not: %v, want ErrKind", what)
		}
	}
	if got := s.records(t); len(got) != 0 {
		t.Errorf("on record is %q, want nothing", got)
	}
}

func TestPreviewsAreOfSomebodyMadeUp(t *testing.T) {
	s := openLetters(t)
	for _, kind := range Kinds {
		for _, language := range []string{"en", "de"} {
			r, err := s.Preview(t.Context(), Default(kind, language))
			if err != nil {
				t.Errorf("%s in %s: %v", kind, language, err)
			}
			if kind != directory.TestMail && !strings.Contains(r.Text, "Ada") || strings.ContainsAny(r.Text, "{}") {
				t.Errorf("%s in %s says\n%s", kind, language, r.Text)
			}
		}
	}
	if _, err := s.Directory.ChangeWorkspace(t.Context(), by, func(w *directory.Workspace) error {
		w.Portal.URL = "https://keys.localhost"
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if r, err := s.Preview(t.Context(), Default(directory.PINMail, "en")); err != nil || !strings.Contains(r.Text, "https://keys.localhost/pin/") {
		t.Errorf("%v\n%s\nwant a link to the workspace's own portal", err, r.Text)
	}
}
