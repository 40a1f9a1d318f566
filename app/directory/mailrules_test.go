package directory_test

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tapstation/app/directory"
)

// authority is a certificate; nobody has its key.
const authority = `-----BEGIN CERTIFICATE-----
MIIBiDCCAS+gAwIBAgIUNmp6ApGqgm8AUTDrz+OMHBL9jO8wCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwOVGVzdCBBdXRob3JpdHkwIBcNMjYxMTI0MDMzNTA4WhgPMjEy
NjEwMzEwMzM1MDhaMBkxFzAVBgNVBAMMDlRlc3QgQXV0aG9yaXR5MFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAEMIpMdR9VULx9K0hFldCwBCrU+3Bk7hfkxJ2lco2V
l/pR5gMnarfM8R7bTEWHLIrl3/3RbR4eOOu2kGRAlMy8iaNTMFEwHQYDVR0OBBYE
FMqrXEv15XCQuF/zbpToRYD95ohEMB8GA1UdIwQYMBaAFMqrXEv15XCQuF/zbpTo
RYD95ohEMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDRwAwRAIgJGwm/GwV
Jysrm2GvilQFpCl1lqUXWvxzchFQhPdAVBYCIAM11FwmddovITpMWTJ2U7QwhTW7
5vtbUtP5jRJEuv8a
-----END CERTIFICATE-----
`

func TestMailSettingsThatMakeNoSense(t *testing.T) {
	for _, test := range []struct {
		set   string // NAME=VALUE, one after the other
		wrong string // FIELD: PROBLEM of the last; empty: all is well
	}{
		{"smtp_host=192.0.2.1", ""},
		{"smtp_host=2001:db8::1", ""},
		{"smtp_host=SMTP.Example.org", ""},
		{"smtp_host=https://smtp.example.org", "smtp_host: invalid_host"},
		{"smtp_host=smtp.example.org:587", "smtp_host: invalid_host"},
		{"smtp_host=smtp.example.org\r\nX", "smtp_host: invalid_host"},
		{"smtp_host=bücher.example", "smtp_host: invalid_host"},
		{"smtp_port=65536", "smtp_port: out_of_range (at most 65535)"},
		{"smtp_port=-1", "smtp_port: out_of_range (at most 65535)"},
		{"smtp_security=ssl", "smtp_security: invalid_value"},
		{"smtp_host=smtp.example.org smtp_security=plain", "smtp_security: needs_tls"},
		{"smtp_host=192.0.2.1 smtp_security=plain", "smtp_security: needs_tls"},
		{"smtp_host=localhost.example.org smtp_security=plain", "smtp_security: needs_tls"},
		{"smtp_security=plain smtp_host=smtp.example.org", "smtp_security: needs_tls"},
		{"smtp_host=smtp.example.org smtp_allow_plain=on smtp_security=plain", ""},
		{"smtp_host=smtp.example.org smtp_allow_plain=on smtp_security=plain smtp_allow_plain=off", "smtp_security: needs_tls"},
		{"smtp_host=127.0.0.1 smtp_security=plain", ""},
		{"smtp_host=::1 smtp_security=plain", ""},
		{"smtp_host=localhost smtp_security=plain", ""},
		{"smtp_auth=cram-md5", "smtp_auth: invalid_value"},
		{"smtp_user=ada\x00", "smtp_user: invalid_characters"},
		{"smtp_ca=" + base64.StdEncoding.EncodeToString([]byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")), "smtp_ca: invalid_certificate"},
		{"smtp_ca=" + base64.StdEncoding.EncodeToString([]byte(authority+authority)), ""},
		{"smtp_ca=" + base64.StdEncoding.EncodeToString([]byte(authority+authority[:80])), "smtp_ca: invalid_certificate"},
		{"smtp_ca=" + base64.StdEncoding.EncodeToString([]byte("text")), "smtp_ca: invalid_certificate"},
		{"smtp_ca=***", "smtp_ca: invalid_certificate"},
		{"smtp_hello=desk_1", "smtp_hello: invalid_host"},
		{"mail_from=keys", "mail_from: invalid_email"},
		{"mail_from=Keys <keys@example.org>", "mail_from: invalid_email"},
		{"mail_from=keys@example.org\r\nBcc:x@example.org", "mail_from: invalid_characters"},
		{"mail_from=schlüssel@bücher.example", ""},
		{"mail_from_name=Keys\r\nBcc:x@example.org", "mail_from_name: invalid_characters"},
		{"mail_from_name=" + strings.Repeat("x", 129), "mail_from_name: too_long (at most 128)"},
		{"mail_reply_to=help", "mail_reply_to: invalid_email"},
		{"dkim_domain=example.org", "dkim_selector: required"},
		{"dkim_selector=s1 dkim_domain=example.org", ""},
		{"dkim_selector=s1 dkim_domain=example.org dkim_selector=", "dkim_selector: required"},
		{"dkim_selector=s1;t=y", "dkim_selector: invalid_domain"},
		{"dkim_selector=s1 dkim_domain=Example.org", "dkim_domain: invalid_domain"},
		{"rp_id=example.org portal_url=https://example.org", ""},
		{"rp_id=example.org portal_url=https://keys.example.org:8443/", ""},
		{"rp_id=example.org portal_url=https://keys.example.org/tapstation", "portal_url: invalid_link"}, // pages are at the root
		{"rp_id=example.org portal_url=http://keys.example.org", "portal_url: needs_https"},
		{"rp_id=example.org portal_url=https://keys.example.com", "portal_url: outside_rp"},
		{"rp_id=example.org portal_url=https://notexample.org", "portal_url: outside_rp"},
		{"rp_id=example.org portal_url=https://keys.example.org rp_id=example.com", "portal_url: outside_rp"},
		{"portal_url=http://localhost:8080", ""},
		{"portal_url=https://localhost", ""},
		{"portal_url=http://127.0.0.1:8080", "portal_url: outside_rp"},
		{"portal_url=ftp://localhost", "portal_url: invalid_link"},
		{"portal_url=http://localhost:0", "portal_url: invalid_link"},
		{"portal_url=http://localhost:99999", "portal_url: invalid_link"},
		{"portal_url=http://user:pass@localhost", "portal_url: invalid_link"},
		{"portal_url=http://localhost/?a=b", "portal_url: invalid_link"},
		{"portal_url=http://localhost/#a", "portal_url: invalid_link"},
		{`portal_url=http://localhost/">`, "portal_url: invalid_link"},
		{"portal_url=javascript:alert(1)", "portal_url: invalid_link"},
		{"portal_url=http://localhost/" + strings.Repeat("x", 300), "portal_url: too_long (at most 255)"},
		{"portal_listen=:8443", ""},
		{"portal_listen=[::1]:8443", ""},
		{"portal_listen=8443", "portal_listen: invalid_address"},
		{"portal_listen=localhost:https", "portal_listen: invalid_address"},
		{"portal_listen=localhost:70000", "portal_listen: invalid_address"},
		{"portal_certificate=/chain.pem", "portal_key: required"},
		{"portal_key=/key.pem portal_certificate=/chain.pem", ""},
		{"portal_key=/key\n.pem", "portal_key: invalid_characters"},
		{"link_days=0", "link_days: out_of_range (at most 90)"},
		{"link_days=91", "link_days: out_of_range (at most 90)"},
		{"code_hours=0", "code_hours: out_of_range (at most 720)"},
		{"code_hours=721", "code_hours: out_of_range (at most 720)"},
	} {
		w, got := directory.DefaultWorkspace(), ""
		for name, value := range split(test.set) {
			s, _ := directory.FindSetting(name)
			got = ""
			if err := s.Set(&w, value); err != nil {
				got = strings.TrimPrefix(err.Error(), "invalid: ")
			} else if wrong := directory.ValidateWorkspace(w); len(wrong) > 0 {
				got = wrong[0].String()
			}
		}
		if got != test.wrong {
			t.Errorf("%.100q: %q, want %q", test.set, got, test.wrong)
		}
	}
}

// split gives the settings of a row of the table. A value may hold spaces where it is the only one.
func split(set string) func(yield func(name, value string) bool) {
	parts := []string{}
	for _, word := range strings.Split(set, " ") {
		if name, _, ok := strings.Cut(word, "="); ok && slices.ContainsFunc(directory.Settings(), func(s directory.Setting) bool { return s.Name == name }) {
			parts = append(parts, word)
		} else {
			parts[len(parts)-1] += " " + word
		}
	}
	return func(yield func(name, value string) bool) {
		for _, part := range parts {
			if name, value, _ := strings.Cut(part, "="); !yield(name, value) {
				return
			}
		}
	}
}

func TestUsersLanguage(t *testing.T) {
	for language, want := range map[string]bool{
		"": true, "en": true, "de": true, "de-AT": true, "en-GB": true, "fr": false, "german": false, "de\r\nX": false, "x": false,
		"de-" + strings.Repeat("abcdefgh-", 1000): false,
	} {
		wrong := directory.Validate(directory.User{ID: "ada", Language: language})
		if want != (len(wrong) == 0) || len(wrong) > 0 && wrong[0] != (directory.FieldError{Field: "language", Problem: directory.InvalidValue}) {
			t.Errorf("%.40q: %v, want it taken: %v", language, wrong, want)
		}
	}
	d := open(t)
	u := mustAdd(t, d, directory.User{ID: "ada", Language: " de "})
	if u.Language != "de" {
		t.Errorf("the language is %q, want de", u.Language)
	}
	u.Language = "en"
	if _, err := d.UpdateUser(t.Context(), by, u); err != nil {
		t.Fatal(err)
	}
	kept, _, err := d.User(t.Context(), "ada")
	if diff := cmp.Diff("en", kept.Language); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if all := acts(t, d); !strings.Contains(all[len(all)-1], "fields=language") {
		t.Errorf("the audit log ends with %q, want the language as what changed", all[len(all)-1])
	}
}
