// Package text gives every sentence a person reads, in the language chosen. Windows and commands name a sentence
// by its key; assets/translations holds one folder a language, and a test keeps the files and the keys in the code
// agreed. It knows no window toolkit.
package text

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"

	"tapstation/assets"
)

// translation is one language ready for use.
type translation struct {
	language  string
	localizer *i18n.Localizer
}

var (
	current atomic.Pointer[translation]
	english = sync.OnceValue(func() *translation {
		t, err := load("en")
		if err != nil {
			panic(err) // the file is part of the program
		}
		return t
	})
)

// Use makes language the one that T and N speak from now on: "en", "de", or a regional form of those. The empty
// language is English. An unknown language is an error and changes nothing.
func Use(language string) error {
	name, err := match(language)
	if err != nil {
		return err
	}
	t, err := load(name)
	if err != nil {
		return err
	}
	current.Store(t)
	return nil
}

// Language is the language in use: "en" until Use.
func Language() string { return inUse().language }

// Words are the sentences in one language, whatever language is in use: for what is written to somebody who is not at
// this screen.
type Words struct{ t *translation }

var spoken sync.Map // name of a translation: *translation

// In is the words in a language, or in the one in use where there is no such translation or none is named.
func In(language string) Words {
	if language == "" {
		return Words{inUse()}
	}
	if t, ok := spoken.Load(language); ok {
		return Words{t.(*translation)}
	}
	name, err := match(language)
	if err != nil {
		return Words{inUse()}
	}
	if t, ok := spoken.Load(name); ok {
		return Words{t.(*translation)}
	}
	t, err := load(name)
	if err != nil {
		return Words{inUse()}
	}
	spoken.Store(name, t)
	return Words{t}
}

// Language is the name of the translation: "en", "de".
func (w Words) Language() string { return w.t.language }

// T is as the function T.
func (w Words) T(key string, pairs ...any) string {
	return w.t.say(&i18n.LocalizeConfig{MessageID: key, TemplateData: data(pairs)})
}

// N is as the function N.
func (w Words) N(key string, count int, pairs ...any) string { return w.t.count(key, count, pairs) }

// Date is as the function Date.
func (w Words) Date(t time.Time) string { return t.Local().Format(w.T("format.date")) }

// DateTime is as the function DateTime.
func (w Words) DateTime(t time.Time) string { return t.Local().Format(w.T("format.date_time")) }

// longestTag is more than any BCP 47 tag that is in use has.
const longestTag = 64

// Speaks tells whether there is a translation for a language, a BCP 47 tag: "de", "de-AT". For the empty one there is.
func Speaks(language string) bool {
	if language == "" {
		return true
	}
	if len(language) > longestTag {
		return false
	}
	if _, known := spoken.Load(language); known { // each user of an import asks
		return true
	}
	name, err := match(language)
	if name == language {
		In(name)
	}
	return err == nil
}

// T is the sentence named key. Its placeholders are given as pairs of name and value:
//
//	text.T("reader.ready", "Reader", name)
//
// A key that is missing comes back as it is.
func T(key string, pairs ...any) string {
	return Words{inUse()}.T(key, pairs...)
}

// N is the sentence named key in the form that count asks for ("1 key", "2 keys"). {{.Count}} is count.
func N(key string, count int, pairs ...any) string {
	return inUse().count(key, count, pairs)
}

// Number is a count as the language writes it: "1,204", "1.204".
func Number(n int) string {
	return message.NewPrinter(language.Make(Language())).Sprint(number.Decimal(n))
}

// Day is the day of t without its year, local time, as short as the language writes it.
func Day(t time.Time) string { return t.Local().Format(T("format.day")) }

// Date is the day of t, local time, as the language writes it.
func Date(t time.Time) string { return Words{inUse()}.Date(t) }

// DateTime is the day and minute of t, local time, as the language writes them.
func DateTime(t time.Time) string { return Words{inUse()}.DateTime(t) }

// Messages are all sentences of a language as one JSON object, for a toolkit with words of its own.
func Messages(language string) ([]byte, error) {
	files, err := fs.Glob(assets.Translations, path.Join("translations", language, "*.json"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("translation %q: %w", language, errors.Join(err, fs.ErrNotExist))
	}
	all := map[string]json.RawMessage{}
	for _, name := range files {
		b, err := assets.Translations.ReadFile(name)
		if err == nil {
			err = json.Unmarshal(b, &all)
		}
		if err != nil {
			return nil, fmt.Errorf("read the translation %q: %w", name, err)
		}
	}
	return json.Marshal(all)
}

func inUse() *translation {
	if t := current.Load(); t != nil {
		return t
	}
	return english()
}

func (t *translation) count(key string, count int, pairs []any) string {
	d := data(pairs)
	d["Count"] = count
	return t.say(&i18n.LocalizeConfig{MessageID: key, TemplateData: d, PluralCount: count})
}

func (t *translation) say(c *i18n.LocalizeConfig) string {
	s, err := t.localizer.Localize(c)
	if err != nil && s == "" {
		return c.MessageID
	}
	return s
}

func data(pairs []any) map[string]any {
	d := make(map[string]any, len(pairs)/2+1)
	for i := 0; i+1 < len(pairs); i += 2 {
		d[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return d
}

func load(name string) (*translation, error) {
	b, err := Messages(name)
	if err != nil {
		return nil, err
	}
	bundle := i18n.NewBundle(language.Make(name))
	bundle.RegisterUnmarshalFunc("json", json.Unmarshal)
	if _, err := bundle.ParseMessageFileBytes(b, name+".json"); err != nil {
		return nil, fmt.Errorf("read the translation %q: %w", name, err)
	}
	return &translation{name, i18n.NewLocalizer(bundle, name)}, nil
}

// match is the translation that serves a language best.
func match(wanted string) (string, error) {
	if wanted == "" {
		return "en", nil
	}
	names, err := languages()
	if err != nil {
		return "", err
	}
	tags := make([]language.Tag, len(names))
	for i, name := range names {
		tags[i] = language.Make(name)
	}
	tag, err := language.Parse(wanted)
	if err != nil {
		return "", fmt.Errorf("language %q: %w", wanted, err)
	}
	_, i, sure := language.NewMatcher(tags).Match(tag)
	if sure < language.High {
		return "", fmt.Errorf("there is no translation into %q", wanted)
	}
	return names[i], nil
}

// Languages are the names of the translations there are, English first.
func Languages() []string {
	names, err := languages()
	if err != nil {
		return []string{english().language}
	}
	return names
}

// languages are the names of the translations there are, English first.
func languages() ([]string, error) {
	files, err := assets.Translations.ReadDir("translations")
	if err != nil {
		return nil, fmt.Errorf("list the translations: %w", err)
	}
	names := []string{"en"}
	for _, f := range files {
		if name := f.Name(); name != "en" {
			names = append(names, name)
		}
	}
	return names, nil
}
