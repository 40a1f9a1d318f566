package activation_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"tapstation/app/activation"
)

func TestCodesAreUnderstoodAsPeopleTypeThem(t *testing.T) {
	for typed, want := range map[string]string{
		"0123456789":                           "0123456789",
		"01234-56789":                          "0123456789",
		"abcde-fghjk":                          "ABCDEFGHJK",
		" AbCdE – fGhJk\n":                     "ABCDEFGHJK",
		"A B C D E  F G H J K":                 "ABCDEFGHJK",
		"abcde—fghjk.":                         "ABCDEFGHJK",
		"ABCDE\u00a0FGHJK":                     "ABCDEFGHJK",
		"OoIiL-lUuV1":                          "001111VVV1",
		"ＡＢＣＤＥ－ＦＧＨＪＫ":                          "ABCDEFGHJK",
		"ABCDE\u2212FGHJK":                     "ABCDEFGHJK",
		"":                                     "",
		"ABCDE-FGHJ":                           "",
		"ABCDE-FGHJKM":                         "",
		"ABCDE-FGHJ!":                          "",
		"ABCDE-FGHJÄ":                          "",
		"ABCDE-FGHJ\x00":                       "",
		"ABCDE-FGHJ\xff":                       "",
		strings.Repeat(" ", 70) + "ABCDEFGHJK": "",
	} {
		got, ok := activation.NormalCode(typed)
		if ok != (want != "") || ok && got != want {
			t.Errorf("%q is understood as %q, %v, want %q", typed, got, ok, want)
		}
	}
}

func TestLinksAreFoundInWhatPeoplePaste(t *testing.T) {
	token := base64.RawURLEncoding.EncodeToString([]byte("0123456789abcdef0123456789abcd-_"))
	for s, want := range map[string]bool{
		"https://keys.example.org/activate/%s":                  true,
		"https://keys.example.org/pin/%s":                       true,
		"http://127.0.0.1:8080/activate/%s":                     true,
		"https://example.org/some/where/activate/%s":            true,
		"https://keys.example.org/activate/%s/":                 true,
		"https://keys.example.org/activate/%s?utm_source=x":     true,
		"https://keys.example.org/activate/%s#there":            true,
		" <https://keys.example.org/activate/%s>.\r\n":          true,
		"tapstation://activate/%s":                              true,
		"tapstation://pin/%s":                                   true,
		"TapStation://Activate/%s/":                             true,
		"tapstation:activate/%s":                                true,
		"%s":                                                    true,
		"\t%s\n":                                                true,
		"https://keys.example.org/%s":                           false,
		"https://keys.example.org/other/%s":                     false,
		"https:activate/%s":                                     false,
		"https://activate/%s":                                   false, // that is a host
		"tapstation://host/activate/%s":                         false,
		"ftp://keys.example.org/activate/%s":                    false,
		"javascript:alert(1)//activate/%s":                      false,
		"activate/%s":                                           false,
		"%sA":                                                   false,
		"https://keys.example.org/activate/%s%%":                false,
		strings.Repeat("x", 5000) + "https://a/activate/%s":     false,
		"https://keys.example.org/activate/" + token[:42]:       false,
		"https://keys.example.org/activate/" + token[:42] + "B": false, // bits that mean nothing are set
		"": false,
	} {
		if strings.Contains(s, "%") {
			s = fmt.Sprintf(s, token)
		}
		got, ok := activation.ParseLink(s)
		if ok != want || ok && got != token {
			t.Errorf("%.80q is a link: %v with %q, want %v", s, ok, got, want)
		}
	}
}

func FuzzParseLink(f *testing.F) {
	token := base64.RawURLEncoding.EncodeToString(make([]byte, 32))
	for _, s := range []string{"https://keys.example.org/activate/" + token, "tapstation://pin/" + token, token, "https://a/pin/" + token + "/?x#y", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		token, ok := activation.ParseLink(s)
		if !ok {
			if token != "" {
				t.Errorf("%q is no link, but has the token %q", s, token)
			}
			return
		}
		raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
		if err != nil || len(raw) != 32 || base64.RawURLEncoding.EncodeToString(raw) != token || !strings.Contains(s, token) {
			t.Errorf("%q has the token %q, want 32 bytes that stand in it", s, token)
		}
		for _, again := range []string{token, "https://keys.example.org/activate/" + token, "tapstation://pin/" + token} {
			if got, ok := activation.ParseLink(again); !ok || got != token {
				t.Errorf("%q is %q, %v, want the token itself", again, got, ok)
			}
		}
	})
}

func FuzzNormalCode(f *testing.F) {
	for _, s := range []string{"ABCDE-FGHJK", "oO0iI1lL-u", "ＡＢＣＤＥ-ＦＧＨＪＫ", "\xff\x00", "ſßıİǅ12345"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		code, ok := activation.NormalCode(s)
		if !ok {
			return
		}
		if len(code) != 10 || strings.Trim(code, activation.Symbols) != "" {
			t.Errorf("%q is the code %q, want ten symbols", s, code)
		}
		for _, again := range []string{code, strings.ToLower(code), code[:5] + "-" + code[5:], " " + code[:3] + " " + code[3:] + " "} {
			if got, ok := activation.NormalCode(again); !ok || got != code {
				t.Errorf("%q is %q, %v, want %q", again, got, ok, code)
			}
		}
	})
}
