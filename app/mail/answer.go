package mail

import (
	"encoding/base64"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"tapstation/app/directory"
)

// gone stands for what must not be shown.
const gone = "…"

// gram is how much in a row, in bytes, a word of an answer may have in common with a secret.
const gram = 8

// opens finds what leads to a ticket, wherever it stands.
var opens = regexp.MustCompile(`(?i)tapstation:\S*|\S*/(activate|pin)/\S*`)

// line is what a server said as it is kept and shown: one line of at most directory.MaxAnswer bytes without control
// characters, and without anything of the secrets, which a server may quote.
func line(said string, secrets ...string) string {
	if len(said) > 16*directory.MaxAnswer {
		said = said[:16*directory.MaxAnswer]
	}
	said = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '\u0085' || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(said, " "))
	said = opens.ReplaceAllString(said, gone)
	words := strings.Fields(said)
	for i, word := range words {
		for _, secret := range secrets {
			if quotes(word, secret) {
				words[i] = gone
			}
		}
	}
	said = strings.Join(words, " ")
	for _, secret := range secrets { // with spaces in it
		if secret != "" {
			said = strings.ReplaceAll(said, secret, gone)
		}
	}
	return cut(said, directory.MaxAnswer)
}

// quotes tells whether a word holds a secret, or a good part of it.
func quotes(word, secret string) bool {
	if secret == "" {
		return false
	}
	word, secret = strings.ToLower(word), strings.ToLower(secret)
	if len(secret) <= gram {
		return strings.Contains(word, secret)
	}
	for i := 0; i+gram <= len(secret); i++ {
		if strings.Contains(word, secret[i:i+gram]) {
			return true
		}
	}
	return false
}

// cut is s in at most limit bytes.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	s = s[:limit-len(gone)]
	for len(s) > 0 && !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s + gone
}

// ofOpening are the secrets of what opens a ticket: the last part of the link, the code and its halves.
func ofOpening(link, code string) []string {
	secrets := []string{code, strings.ReplaceAll(code, "-", "")}
	secrets = append(secrets, strings.Split(code, "-")...)
	if i := strings.LastIndexByte(link, '/'); i >= 0 {
		secrets = append(secrets, link[i+1:])
	}
	return secrets
}

// ofLogin are the secrets of a log-in at the server, in the forms they go over the line.
func ofLogin(user, password string) []string {
	if password == "" {
		return nil
	}
	encode := base64.StdEncoding.EncodeToString
	return []string{password, encode([]byte(password)), encode([]byte("\x00" + user + "\x00" + password)), encode(bearer(user, password))}
}
