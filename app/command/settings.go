package command

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"

	"tapstation/app"
	"tapstation/app/directory"
	"tapstation/app/whole"
)

type settingsListCommand struct{}

type settingsGetCommand struct {
	Name string `arg:"" help:"Name of the setting, as settings list tells it."`
	File string `help:"Write a setting that is a file, such as logo, to this file." type:"path" placeholder:"FILE"`
}

type settingsSetCommand struct {
	Name  string  `arg:"" help:"Name of the setting, as settings list tells it."`
	Value *string `arg:"" optional:"" help:"New value; an empty one takes the setting back where it may be empty."`
	File  string  `help:"Take the value from this file, such as logo from a picture." type:"path" placeholder:"FILE"`
	Stdin bool    `help:"Take the value from standard input, such as smtp_password, which nobody else should see."`
}

// settingDocument is a setting in a document.
type settingDocument struct {
	Name    string   `json:"name"`
	Kind    string   `json:"kind"`    // text, bool, int, choice, duration, list, file or secret
	Value   string   `json:"value"`   // of a file in base64; of a secret "set" or nothing
	Choices []string `json:"choices"` // of a choice and a bool
}

// newSettingDocument is a setting as it is. A secret is never told, only whether there is one.
func newSettingDocument(ctx context.Context, d *directory.Directory, s directory.Setting, w directory.Workspace) (settingDocument, error) {
	doc := settingDocument{Name: s.Name, Kind: string(s.Kind), Value: s.Get(w), Choices: append([]string{}, s.Choices...)}
	if s.Kind == directory.SecretSetting {
		there, err := d.HasSecret(ctx, s.Name)
		if err != nil {
			return doc, fmt.Errorf("read setting %q: %w", s.Name, err)
		}
		if there {
			doc.Value = "set"
		}
	}
	return doc, nil
}

// shown is the value as a person sees it.
func (d settingDocument) shown() string {
	if d.Kind == string(directory.FileSetting) && d.Value != "" {
		return countOf(base64.StdEncoding.DecodedLen(len(d.Value)), "byte", "bytes")
	}
	return d.Value
}

// settingsDocument is what settings list --json prints.
type settingsDocument struct {
	Settings []settingDocument `json:"settings"`
}

// Run lists settings.
func (c *settingsListCommand) Run(r *run) error {
	return r.directory(func(ctx context.Context, s *app.Station) error {
		w, err := s.Directory.Workspace(ctx)
		if err != nil {
			return fmt.Errorf("read the settings: %w", err)
		}
		doc := settingsDocument{Settings: []settingDocument{}}
		var rows [][]string
		for _, setting := range directory.Settings() {
			d, err := newSettingDocument(ctx, s.Directory, setting, w)
			if err != nil {
				return err
			}
			doc.Settings = append(doc.Settings, d)
			rows = append(rows, []string{d.Name, orDash(d.shown())})
		}
		return r.print(doc, func(w io.Writer) { table(w, []string{"NAME", "VALUE"}, rows) })
	})
}

// errUnknownSetting is a setting that is not there.
var errUnknownSetting = errors.New("there is no such setting")

func findSetting(name string) (directory.Setting, error) {
	s, ok := directory.FindSetting(name)
	if !ok {
		return s, fmt.Errorf("setting %q: %w", name, errUnknownSetting)
	}
	return s, nil
}

// Run shows one setting.
func (c *settingsGetCommand) Run(r *run) error {
	setting, err := findSetting(c.Name)
	if err != nil {
		return err
	}
	if c.File != "" && setting.Kind != directory.FileSetting {
		return misuse("--file is for settings that are files, such as logo")
	}
	return r.directory(func(ctx context.Context, s *app.Station) error {
		w, err := s.Directory.Workspace(ctx)
		if err != nil {
			return fmt.Errorf("read the settings: %w", err)
		}
		doc, err := newSettingDocument(ctx, s.Directory, setting, w)
		if err != nil {
			return err
		}
		if c.File != "" {
			content, err := base64.StdEncoding.DecodeString(doc.Value)
			if err == nil {
				err = whole.Write(c.File, func(w io.Writer) error {
					_, err := w.Write(content)
					return err
				})
			}
			if err != nil {
				return fmt.Errorf("write setting %q: %w", setting.Name, err)
			}
		}
		return r.print(doc, func(w io.Writer) { _, _ = fmt.Fprintln(w, clean(doc.shown())) })
	})
}

// Run changes one setting.
func (c *settingsSetCommand) Run(r *run) error {
	by, err := actor()
	if err != nil {
		return err
	}
	setting, err := findSetting(c.Name)
	if err != nil {
		return err
	}
	value, err := c.value(r, setting)
	if err != nil {
		return err
	}
	return r.directory(func(ctx context.Context, s *app.Station) error {
		var w directory.Workspace
		if setting.Kind == directory.SecretSetting {
			err = s.Directory.SetSecret(ctx, by, setting.Name, value)
		} else {
			w, err = s.Directory.ChangeWorkspace(ctx, by, func(w *directory.Workspace) error { return setting.Set(w, value) })
		}
		if err != nil {
			return fmt.Errorf("set %q: %w", setting.Name, err)
		}
		doc, err := newSettingDocument(ctx, s.Directory, setting, w)
		if err != nil {
			return err
		}
		return r.print(doc, func(w io.Writer) { _, _ = fmt.Fprintf(w, "%s is %s.\n", doc.Name, orDash(clean(doc.shown()))) })
	})
}

// value is what the setting is to be, from where it is said to come.
func (c *settingsSetCommand) value(r *run, s directory.Setting) (string, error) {
	given := 0
	for _, from := range []bool{c.Value != nil, c.File != "", c.Stdin} {
		if from {
			given++
		}
	}
	switch {
	case given != 1:
		return "", misuse("give a value, --file or --stdin")
	case c.Value != nil && *c.Value != "" && s.Kind == directory.FileSetting:
		return "", misuse("setting %q is a file: give --file, or an empty value to take it back", s.Name)
	case c.Value != nil && *c.Value != "" && s.Kind == directory.SecretSetting:
		return "", misuse("setting %q is secret, and other programs see command lines: give --stdin or --file, or an empty value to take it back", s.Name)
	case c.Value != nil:
		return *c.Value, nil
	}
	limit := int64(maxConfig)
	if s.Kind == directory.FileSetting || s.Kind == directory.SecretSetting {
		limit = int64(s.Max)
	}
	content, err := c.content(r, limit)
	if err != nil {
		return "", fmt.Errorf("setting %q: %w", s.Name, err)
	}
	if s.Kind == directory.FileSetting {
		return base64.StdEncoding.EncodeToString(content), nil
	}
	content = bytes.TrimRight(content, "\r\n")
	if len(content) == 0 && s.Kind == directory.SecretSetting { // a pipe that broke must not take it back
		return "", fmt.Errorf("setting %q: %w", s.Name, errNoValue)
	}
	return string(content), nil
}

// content is what stands in the file or on standard input.
func (c *settingsSetCommand) content(r *run, limit int64) ([]byte, error) {
	if !c.Stdin {
		return readAtMost(c.File, limit)
	}
	return within(r.ctx, func() ([]byte, error) { return takeAtMost(r.Stdin, "standard input", limit) })
}

// errNoValue is a secret that is to come from where there is none.
var errNoValue = errors.New("there is no value")

// errTooLarge is a file that is larger than what it is for.
var errTooLarge = errors.New("the file is too large")

func readAtMost(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	content, err := takeAtMost(f, path, limit)
	return content, errors.Join(err, f.Close())
}

func takeAtMost(from io.Reader, name string, limit int64) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(from, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(content)) > limit {
		return nil, fmt.Errorf("%s: %w: at most %d bytes are taken", name, errTooLarge, limit)
	}
	return content, nil
}
