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
}

// settingDocument is a setting in a document.
type settingDocument struct {
	Name    string   `json:"name"`
	Kind    string   `json:"kind"`    // text, bool, int, choice, duration, list or file
	Value   string   `json:"value"`   // of a file in base64
	Choices []string `json:"choices"` // of a choice and a bool
}

func newSettingDocument(s directory.Setting, w directory.Workspace) settingDocument {
	return settingDocument{Name: s.Name, Kind: string(s.Kind), Value: s.Get(w), Choices: append([]string{}, s.Choices...)}
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
			d := newSettingDocument(setting, w)
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
		doc := newSettingDocument(setting, w)
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
	value, err := c.value(setting)
	if err != nil {
		return err
	}
	return r.directory(func(ctx context.Context, s *app.Station) error {
		w, err := s.Directory.ChangeWorkspace(ctx, by, func(w *directory.Workspace) error { return setting.Set(w, value) })
		if err != nil {
			return fmt.Errorf("set %q: %w", setting.Name, err)
		}
		doc := newSettingDocument(setting, w)
		return r.print(doc, func(w io.Writer) { _, _ = fmt.Fprintf(w, "%s is %s.\n", doc.Name, orDash(clean(doc.shown()))) })
	})
}

func (c *settingsSetCommand) value(s directory.Setting) (string, error) {
	switch {
	case (c.Value == nil) == (c.File == ""):
		return "", misuse("give a value, or --file")
	case c.Value != nil && *c.Value != "" && s.Kind == directory.FileSetting:
		return "", misuse("setting %q is a file: give --file, or an empty value to take it back", s.Name)
	case c.Value != nil:
		return *c.Value, nil
	}
	limit := int64(maxConfig)
	if s.Kind == directory.FileSetting {
		limit = int64(s.Max)
	}
	content, err := readAtMost(c.File, limit)
	if err != nil {
		return "", fmt.Errorf("setting %q: %w", s.Name, err)
	}
	if s.Kind == directory.FileSetting {
		return base64.StdEncoding.EncodeToString(content), nil
	}
	return string(bytes.TrimRight(content, "\r\n")), nil
}

// errTooLarge is a file that is larger than what it is for.
var errTooLarge = errors.New("the file is too large")

func readAtMost(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	if int64(len(content)) > limit {
		return nil, fmt.Errorf("%s: %w: at most %d bytes are taken", path, errTooLarge, limit)
	}
	return content, nil
}
