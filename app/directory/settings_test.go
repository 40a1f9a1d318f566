package directory_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tapstation/app/directory"
)

const svg = `<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x"><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path fill="#123456" d="M0 0h24v24z"/></svg>`

func picture(t testing.TB, encode func(*bytes.Buffer, image.Image) error, w, h int) []byte {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, w, h))
	img.Set(0, 0, color.White)
	var b bytes.Buffer
	if err := encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asPNG(b *bytes.Buffer, img image.Image) error  { return png.Encode(b, img) }
func asJPEG(b *bytes.Buffer, img image.Image) error { return jpeg.Encode(b, img, nil) }

// aSetting is another value than the default for every setting, and how it is written.
var aSetting = map[string]struct{ value, written string }{
	"name": {"Example Ltd", "Example Ltd"}, "rp_id": {"keys.localhost", "keys.localhost"}, "rp_name": {"Example", "Example"},
	"logo":         {base64.StdEncoding.EncodeToString([]byte(svg)), base64.StdEncoding.EncodeToString([]byte(svg))},
	"verification": {"PINless", "pinless"}, "offline_login": {"yes", "on"}, "pin_chooser": {"user_here", "user_here"},
	"pin_min_length": {" 8", "8"}, "pin_max_length": {"20", "20"}, "pin_digit": {"on", "on"}, "pin_lower": {"1", "on"}, "pin_upper": {"TRUE", "on"},
	"pin_special": {"on", "on"}, "driver_link": {"https://example.org/driver", "https://example.org/driver"}, "language": {"de-AT", "de-AT"},
	"appearance": {"dark", "dark"}, "lock_after": {"90m", "1h30m"}, "require_pin": {"on", "on"}, "attestation": {"required", "required"},
	"allowed_aaguids": {"EE882879721C491397753DFCCE97072A, ee882879-721c-4913-9775-3dfcce97072a", "ee882879-721c-4913-9775-3dfcce97072a"},
	"denied_aaguids":  {"00000000-0000-0000-0000-000000000000\n11111111-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000000,11111111-0000-0000-0000-000000000000"},
	"offline_logins":  {"0", "0"}, "offline_days": {"7", "7"},
	"smtp_host": {"smtp.example.org ", "smtp.example.org"}, "smtp_port": {"2525", "2525"}, "smtp_security": {"TLS", "tls"}, "smtp_allow_plain": {"on", "on"},
	"smtp_auth": {"xoauth2", "xoauth2"}, "smtp_user": {"station@example.org", "station@example.org"}, "smtp_hello": {"desk-1.example.org", "desk-1.example.org"},
	"smtp_ca":   {base64.StdEncoding.EncodeToString([]byte(authority)), base64.StdEncoding.EncodeToString([]byte(authority))},
	"mail_from": {"keys@example.org", "keys@example.org"}, "mail_from_name": {"IT of Example", "IT of Example"}, "mail_reply_to": {"help@bücher.example", "help@bücher.example"},
	"dkim_selector": {"s2026", "s2026"}, "dkim_domain": {"example.org", "example.org"},
	"portal_url": {"http://a.keys.localhost:8443/", "http://a.keys.localhost:8443"}, "portal_listen": {"127.0.0.1:8443", "127.0.0.1:8443"},
	"portal_key": {"/etc/tapstation/key.pem", "/etc/tapstation/key.pem"}, "portal_certificate": {"/etc/tapstation/chain.pem", "/etc/tapstation/chain.pem"},
	"link_days": {"14", "14"}, "code_hours": {"24", "24"},
}

// needed are settings that others ask for.
var needed = map[string]string{"dkim_domain": "dkim_selector", "portal_certificate": "portal_key"}

func TestEverySettingIsKeptAndOnRecord(t *testing.T) {
	d := open(t)
	tested := 0
	for _, s := range directory.Settings() {
		if s.Kind == directory.SecretSetting {
			continue // TestSecret…
		}
		tested++
		a, known := aSetting[s.Name]
		if !known {
			t.Errorf("setting %q is not tested", s.Name)
			continue
		}
		w, err := d.Workspace(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if was := s.Get(w); was == a.written {
			t.Errorf("%s is %q from the beginning, want another value to try", s.Name, was)
		}
		again := w
		if err := s.Set(&again, s.Get(w)); err != nil {
			t.Errorf("%s does not take its own %q: %v", s.Name, s.Get(w), err)
		} else if diff := cmp.Diff(w, again); diff != "" {
			t.Errorf("%s set to what it is changes something:\n%s", s.Name, diff)
		}
		if err := s.Set(&w, a.value); err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
		if err := d.SetWorkspace(t.Context(), by, w); err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
		if w, err = d.Workspace(t.Context()); err != nil || s.Get(w) != a.written {
			t.Errorf("%s is %q (%v), want %q", s.Name, s.Get(w), err, a.written)
		}
		if all := acts(t, d); !strings.HasSuffix(all[len(all)-1], "workspace_changed fields="+s.Name) {
			t.Errorf("%s: the audit log ends with %q", s.Name, all[len(all)-1])
		}
		if found, ok := directory.FindSetting(s.Name); !ok || found.Name != s.Name {
			t.Errorf("%s is not found", s.Name)
		}
	}
	if len(aSetting) != tested {
		t.Errorf("%d settings are tested, there are %d", len(aSetting), tested)
	}
	if _, ok := directory.FindSetting("nonsense"); ok {
		t.Error("a setting that is not there is found")
	}
}

// TestSettingsChangedAtOnceAreAllKept is what two scripts do, each with its own setting.
func TestSettingsChangedAtOnceAreAllKept(t *testing.T) {
	d := open(t)
	d.Now = time.Now // the tests' own clock is for one at a time
	var scripts sync.WaitGroup
	done := map[string]chan struct{}{}
	for name := range aSetting {
		done[name] = make(chan struct{})
	}
	for name, a := range aSetting {
		s, _ := directory.FindSetting(name)
		scripts.Go(func() {
			defer close(done[name])
			if first, waits := done[needed[name]]; waits {
				<-first
			}
			_, err := d.ChangeWorkspace(t.Context(), "os:test", func(w *directory.Workspace) error { return s.Set(w, a.value) })
			if err != nil {
				t.Errorf("%s: %v", s.Name, err)
			}
		})
	}
	scripts.Wait()
	w, err := d.Workspace(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, a := range aSetting {
		s, _ := directory.FindSetting(name)
		if got, want := s.Get(w), a.written; got != want {
			t.Errorf("%s is %q, want %q", s.Name, got, want)
		}
	}
	if kept, err := d.ChangeWorkspace(t.Context(), "os:test", func(w *directory.Workspace) error {
		w.PINPolicy.MinLength = w.PINPolicy.MaxLength + 1
		return nil
	}); err == nil {
		t.Errorf("settings that do not go together are kept: %+v", kept.PINPolicy)
	}
}

func TestSettingsThatMakeNoSense(t *testing.T) {
	for _, test := range []struct {
		name, value string
		problem     directory.Problem
		limit       int
	}{
		{"name", "", directory.Required, 0},
		{"name", strings.Repeat("x", 129), directory.TooLong, 128},
		{"rp_id", "https://example.org", directory.InvalidDomain, 0},
		{"verification", "maybe", directory.InvalidValue, 0},
		{"offline_login", "perhaps", directory.InvalidValue, 0},
		{"pin_min_length", "many", directory.InvalidValue, 0},
		{"pin_min_length", "3", directory.OutOfRange, 63},
		{"pin_max_length", "64", directory.OutOfRange, 63},
		{"driver_link", "javascript:alert(1)", directory.InvalidLink, 0},
		{"language", "not a language", directory.InvalidValue, 0},
		{"appearance", "pink", directory.InvalidValue, 0},
		{"lock_after", "soon", directory.InvalidValue, 0},
		{"lock_after", "59s", directory.OutOfRange, 1440},
		{"lock_after", "25h", directory.OutOfRange, 1440},
		{"attestation", "none", directory.InvalidValue, 0},
		{"allowed_aaguids", "ee882879-721c-4913-9775-3dfcce97072", directory.InvalidValue, 0},
		{"denied_aaguids", "ee882879+721c+4913+9775+3dfcce97072a", directory.InvalidValue, 0},
		{"denied_aaguids", manyAAGUIDs(1001), directory.TooMany, 1000},
		{"offline_logins", "-1", directory.OutOfRange, 10_000},
		{"offline_days", "3651", directory.OutOfRange, 3650},
		{"logo", "not base64!", directory.InvalidImage, 0},
		{"logo", strings.Repeat("A", 400_000), directory.TooLong, 256 << 10},
		{"logo", base64.StdEncoding.EncodeToString([]byte("GIF89a")), directory.InvalidImage, 0},
	} {
		w := directory.DefaultWorkspace()
		s, _ := directory.FindSetting(test.name)
		err := s.Set(&w, test.value)
		var invalid *directory.InvalidError
		if !errors.As(err, &invalid) || len(invalid.Fields) != 1 || invalid.Fields[0] != (directory.FieldError{Field: test.name, Problem: test.problem, Limit: test.limit}) {
			t.Errorf("%s = %.40q: %v, want %s (limit %d)", test.name, test.value, err, test.problem, test.limit)
		}
		if diff := cmp.Diff(directory.DefaultWorkspace(), w); diff != "" {
			t.Errorf("%s = %.40q has changed something:\n%s", test.name, test.value, diff)
		}
	}
}

func manyAAGUIDs(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = directory.FormatAAGUID([16]byte{byte(i >> 8), byte(i), 1})
	}
	return strings.Join(list, " ")
}

func TestLockAfterNever(t *testing.T) {
	w := directory.DefaultWorkspace()
	s, _ := directory.FindSetting("lock_after")
	for value, want := range map[string]time.Duration{"never": 0, "0": 0, "1h": time.Hour, "1m": time.Minute, "90s": 90 * time.Second} {
		if err := s.Set(&w, value); err != nil || w.LockAfter != want {
			t.Errorf("%q: %v, %v, want %v", value, w.LockAfter, err, want)
		}
		again := directory.DefaultWorkspace()
		if err := s.Set(&again, s.Get(w)); err != nil || again.LockAfter != want {
			t.Errorf("%v is written %q, which reads as %v (%v)", want, s.Get(w), again.LockAfter, err)
		}
	}
}

func TestLogos(t *testing.T) {
	whole := picture(t, asPNG, 64, 32)
	for _, test := range []struct {
		name string
		logo []byte
		want directory.Problem
	}{
		{"none", nil, ""},
		{"PNG", whole, ""},
		{"JPEG", picture(t, asJPEG, 64, 32), ""},
		{"SVG", []byte(svg), ""},
		{"PNG cut off", whole[:len(whole)-20], directory.InvalidImage},
		{"PNG too wide", picture(t, asPNG, 2049, 1), directory.OutOfRange},
		{"JPEG too high", picture(t, asJPEG, 1, 2049), directory.OutOfRange},
		{"too large", append(bytes.Clone(whole), make([]byte, directory.MaxLogo)...), directory.TooLong},
		{"text", []byte("not a picture"), directory.InvalidImage},
		{"SVG cut off", []byte(svg[:len(svg)-6]), directory.InvalidImage},
		{"SVG without size", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h1"/></svg>`), directory.InvalidImage},
		{"SVG with a script", []byte(`<svg viewBox="0 0 1 1"><script>x</script></svg>`), directory.InvalidImage},
		{"SVG with a handler", []byte(`<svg viewBox="0 0 1 1" onload="x"/>`), directory.InvalidImage},
		{"SVG with entities", []byte(`<!DOCTYPE svg [<!ENTITY a "b">]><svg viewBox="0 0 1 1"><desc>&a;</desc></svg>`), directory.InvalidImage},
		{"SVG that fetches", []byte(`<svg viewBox="0 0 1 1"><image href="https://example.org/x.png"/></svg>`), directory.InvalidImage},
		{"SVG whose style fetches", []byte(`<svg viewBox="0 0 1 1"><style>@import "x"</style></svg>`), directory.InvalidImage},
		{"SVG that multiplies itself", []byte(`<svg viewBox="0 0 1 1"><defs><g id="a"/></defs><use href="#a"/></svg>`), directory.InvalidImage},
		{"SVG without end in depth", []byte(`<svg viewBox="0 0 1 1">` + strings.Repeat("<g>", 100) + strings.Repeat("</g>", 100) + `</svg>`), directory.InvalidImage},
		{"HTML with an SVG in it", []byte(`<html><svg viewBox="0 0 1 1"/></html>`), directory.InvalidImage},
	} {
		got := directory.Problem("")
		if wrong := directory.CheckLogo(test.logo); len(wrong) > 0 {
			got = wrong[0].Problem
		}
		if got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// FuzzLogo: whatever the bytes, an answer, and no panic of a decoder.
func FuzzLogo(f *testing.F) {
	f.Add([]byte(svg))
	f.Add(picture(f, asPNG, 8, 8))
	f.Add(picture(f, asJPEG, 8, 8))
	f.Add([]byte(`<svg viewBox="0 0 1 1"><path d="M0 0a1 1 0 0 1 1 1z" transform="rotate(1)" style="fill:url(#a)"/></svg>`))
	f.Fuzz(func(t *testing.T, logo []byte) {
		if wrong := directory.CheckLogo(logo); len(wrong) == 0 && len(logo) > 0 && directory.LogoType(logo) == "" {
			t.Error("a logo of no type was taken")
		}
	})
}

func TestAAGUIDsComeBack(t *testing.T) {
	a := [16]byte{0xee, 0x88, 0x28, 0x79, 0x72, 0x1c, 0x49, 0x13, 0x97, 0x75, 0x3d, 0xfc, 0xce, 0x97, 0x07, 0x2a}
	if got := directory.FormatAAGUID(a); got != "ee882879-721c-4913-9775-3dfcce97072a" {
		t.Errorf("FormatAAGUID = %s", got)
	}
	for _, s := range []string{"ee882879-721c-4913-9775-3dfcce97072a", "EE882879721C491397753DFCCE97072A"} {
		if got, err := directory.ParseAAGUID(s); got != a || err != nil {
			t.Errorf("ParseAAGUID(%s) = %x, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "ee882879", "ee882879-721c-4913-97753-dfcce97072a", "ge882879721c491397753dfcce97072a", "{e882879-721c-4913-9775-3dfcce97072a}"} {
		if got, err := directory.ParseAAGUID(s); err == nil {
			t.Errorf("ParseAAGUID(%q) = %x, want an error", s, got)
		}
	}
}
