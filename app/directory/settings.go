package directory

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"
)

// SettingKind says what a setting is, and so how it is written and shown.
type SettingKind string

// Kinds of setting, and how each is written.
const (
	TextSetting     SettingKind = "text"
	BoolSetting     SettingKind = "bool"     // "on", "off"
	IntSetting      SettingKind = "int"      // decimal
	ChoiceSetting   SettingKind = "choice"   // one of Choices
	DurationSetting SettingKind = "duration" // "10m", "1h30m"; "0" for never
	ListSetting     SettingKind = "list"     // separated by commas
	FileSetting     SettingKind = "file"     // base64
	SecretSetting   SettingKind = "secret"   // never told: Get is empty and Set refuses; Directory.SetSecret
)

// Setting is one named setting of a workspace, the same for the window and for the command line.
type Setting struct {
	Name    string // stable; also the field of a FieldError
	Kind    SettingKind
	Choices []string // of a ChoiceSetting, the default first
	// Min and Max bound an IntSetting by value, a DurationSetting in minutes, a TextSetting in code points, a ListSetting
	// in entries and a FileSetting in bytes. Zero is taken besides where it stands for "no limit" or "never".
	Min, Max int

	get func(Workspace) string
	set func(w *Workspace, value string) Problem
}

// Get is the value of the setting, in the form Set takes.
func (s Setting) Get(w Workspace) string { return s.get(w) }

// Set puts a value into w. It fails with *InvalidError, its one field being s.Name, when the value makes no sense by
// itself; what the settings must be together is ValidateWorkspace's.
func (s Setting) Set(w *Workspace, value string) error {
	if s.Kind != TextSetting {
		value = strings.TrimSpace(value)
	}
	kept := *w
	p := s.set(&kept, value)
	if p != "" {
		return invalid([]FieldError{{s.Name, p, s.limit(p)}})
	}
	alone := kept
	if s.Kind != FileSetting {
		alone.Logo = nil // looking at a picture takes its time
	}
	for _, wrong := range ValidateWorkspace(alone) {
		if wrong.Field == s.Name {
			return invalid([]FieldError{wrong})
		}
	}
	*w = kept
	return nil
}

func (s Setting) limit(p Problem) int {
	if p == TooLong || p == TooMany || p == OutOfRange {
		return s.Max
	}
	return 0
}

// FindSetting is the setting of this name.
func FindSetting(name string) (Setting, bool) {
	for _, some := range [][]Setting{settings, mailSettings} {
		if i := slices.IndexFunc(some, func(s Setting) bool { return s.Name == name }); i >= 0 {
			return some[i], true
		}
	}
	return Setting{}, false
}

// Settings are all settings, in the order in which they are shown.
func Settings() []Setting { return slices.Concat(settings, mailSettings) }

// Limits of settings.
const (
	MaxLockAfter     = 24 * time.Hour
	MaxAAGUIDs       = 1000
	MaxOfflineLogins = 10_000
	MaxOfflineDays   = 3650
)

var settings = []Setting{
	textual("name", MaxName, func(w *Workspace) *string { return &w.Name }),
	file("logo", MaxLogo, InvalidImage, func(w *Workspace) *[]byte { return &w.Logo }),
	textual("rp_id", 253, func(w *Workspace) *string { return &w.RPID }),
	textual("rp_name", MaxName, func(w *Workspace) *string { return &w.RPName }),
	choice("verification", func(w *Workspace) *Verification { return &w.Verification }, word[Verification]{PIN, "pin"}, word[Verification]{PINless, "pinless"}),
	toggle("offline_login", func(w *Workspace) *bool { return &w.OfflineLogin }),
	choice("pin_chooser", func(w *Workspace) *PINChooser { return &w.PINChooser }, word[PINChooser]{UserHere, "user_here"}, word[PINChooser]{UserMail, "user_mail"}),
	number("pin_min_length", MinPINLength, MaxPINLength, func(w *Workspace) *int { return &w.PINPolicy.MinLength }),
	number("pin_max_length", MinPINLength, MaxPINLength, func(w *Workspace) *int { return &w.PINPolicy.MaxLength }),
	toggle("pin_digit", func(w *Workspace) *bool { return &w.PINPolicy.Digit }),
	toggle("pin_lower", func(w *Workspace) *bool { return &w.PINPolicy.Lower }),
	toggle("pin_upper", func(w *Workspace) *bool { return &w.PINPolicy.Upper }),
	toggle("pin_special", func(w *Workspace) *bool { return &w.PINPolicy.Special }),
	textual("driver_link", MaxDriverLink, func(w *Workspace) *string { return &w.DriverLink }),
	textual("language", 0, func(w *Workspace) *string { return &w.Language }),
	choice("appearance", func(w *Workspace) *Appearance { return &w.Appearance },
		word[Appearance]{AppearanceSystem, "system"}, word[Appearance]{Light, "light"}, word[Appearance]{Dark, "dark"}),
	{Name: "lock_after", Kind: DurationSetting, Min: 1, Max: int(MaxLockAfter / time.Minute), get: getLockAfter, set: setLockAfter},
	toggle("require_pin", func(w *Workspace) *bool { return &w.RequirePIN }),
	choice("attestation", func(w *Workspace) *Attestation { return &w.Attestation },
		word[Attestation]{AttestationAny, "any"}, word[Attestation]{AttestationRequired, "required"}),
	models("allowed_aaguids", func(w *Workspace) *[][16]byte { return &w.AllowedAAGUIDs }),
	models("denied_aaguids", func(w *Workspace) *[][16]byte { return &w.DeniedAAGUIDs }),
	number("offline_logins", 0, MaxOfflineLogins, func(w *Workspace) *int { return &w.OfflineLogins }),
	number("offline_days", 0, MaxOfflineDays, func(w *Workspace) *int { return &w.OfflineDays }),
}

func textual(name string, limit int, of func(*Workspace) *string) Setting {
	return Setting{Name: name, Kind: TextSetting, Max: limit,
		get: func(w Workspace) string { return *of(&w) },
		set: func(w *Workspace, value string) Problem { *of(w) = value; return "" }}
}

// on and off are how a BoolSetting is written.
const (
	on  = "on"
	off = "off"
)

func toggle(name string, of func(*Workspace) *bool) Setting {
	return Setting{Name: name, Kind: BoolSetting, Choices: []string{on, off},
		get: func(w Workspace) string {
			if *of(&w) {
				return on
			}
			return off
		},
		set: func(w *Workspace, value string) Problem {
			switch strings.ToLower(value) {
			case on, "true", "yes", "1":
				*of(w) = true
			case off, "false", "no", "0":
				*of(w) = false
			default:
				return InvalidValue
			}
			return ""
		}}
}

func number(name string, least, most int, of func(*Workspace) *int) Setting {
	return Setting{Name: name, Kind: IntSetting, Min: least, Max: most,
		get: func(w Workspace) string { return strconv.Itoa(*of(&w)) },
		set: func(w *Workspace, value string) Problem {
			n, err := strconv.Atoi(value)
			switch {
			case err != nil:
				return InvalidValue
			case n < least || n > most:
				return OutOfRange
			}
			*of(w) = n
			return ""
		}}
}

// word is a value and how it is written.
type word[T comparable] struct {
	value T
	text  string
}

func choice[T comparable](name string, of func(*Workspace) *T, words ...word[T]) Setting {
	s := Setting{Name: name, Kind: ChoiceSetting}
	for _, w := range words {
		s.Choices = append(s.Choices, w.text)
	}
	s.get = func(w Workspace) string {
		for _, word := range words {
			if word.value == *of(&w) {
				return word.text
			}
		}
		return ""
	}
	s.set = func(w *Workspace, value string) Problem {
		for _, word := range words {
			if strings.EqualFold(word.text, value) {
				*of(w) = word.value
				return ""
			}
		}
		return InvalidValue
	}
	return s
}

func models(name string, of func(*Workspace) *[][16]byte) Setting {
	return Setting{Name: name, Kind: ListSetting, Max: MaxAAGUIDs,
		get: func(w Workspace) string {
			texts := make([]string, len(*of(&w)))
			for i, a := range *of(&w) {
				texts[i] = FormatAAGUID(a)
			}
			return strings.Join(texts, ",")
		},
		set: func(w *Workspace, value string) Problem {
			var list [][16]byte
			for _, text := range strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune(",; \t\r\n", r) }) {
				a, err := ParseAAGUID(text)
				if err != nil {
					return InvalidValue
				}
				if slices.Contains(list, a) {
					continue
				}
				if list = append(list, a); len(list) > MaxAAGUIDs {
					return TooMany
				}
			}
			*of(w) = list
			return ""
		}}
}

// file is a setting that is a file's content; wrong is said of what is no base64.
func file(name string, most int, wrong Problem, of func(*Workspace) *[]byte) Setting {
	return Setting{Name: name, Kind: FileSetting, Max: most,
		get: func(w Workspace) string { return base64.StdEncoding.EncodeToString(*of(&w)) },
		set: func(w *Workspace, value string) Problem {
			if base64.StdEncoding.DecodedLen(len(value)) > most+base64.StdEncoding.DecodedLen(4) {
				return TooLong
			}
			content, err := base64.StdEncoding.DecodeString(value)
			if err != nil {
				return wrong
			}
			if *of(w) = content; len(content) == 0 {
				*of(w) = nil
			}
			return ""
		}}
}

func getLockAfter(w Workspace) string {
	if w.LockAfter == 0 {
		return "0"
	}
	s := w.LockAfter.String() // "1h30m0s"
	for _, none := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(s, none) {
			s = s[:len(s)-2]
		}
	}
	return s
}

func setLockAfter(w *Workspace, value string) Problem {
	d, err := time.ParseDuration(value)
	if strings.EqualFold(value, "never") {
		d, err = 0, nil
	}
	if err != nil {
		return InvalidValue
	}
	w.LockAfter = d
	return ""
}
