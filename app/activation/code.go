package activation

import (
	"encoding/base64"
	"strconv"
	"strings"
	"unicode"
)

// symbols are those of Crockford's base 32: digits and capitals without I, L, O and U, which are typed where 1, 0 and V
// were read, and taken for those.
//
// There are 33 million handles, and as many proofs for each. Who tries ten thousand codes a minute while ten thousand
// tickets are open hits a handle three times a minute, and with it one proof of 33 million; and as a ticket takes no more
// than five wrong proofs, all of them together give such a one a chance of one in 670, however long it goes on.
const symbols = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

const (
	handleSize = 5 // symbols
	codeSize   = 10
	// longestTyped is what a code may be typed as, with spaces and dashes, in bytes.
	longestTyped = 64
	// longestLink bounds what is looked at for a link, in bytes.
	longestLink = 4096
	tokenSize   = 32 // bytes
)

// code is the code of a ticket, as it is compared: without the dash.
func (k key) code(ticketID string, serial int) string {
	bits := k.mac("code", ticketID, strconv.Itoa(serial))
	code := make([]byte, codeSize)
	for i := range code {
		code[i] = symbols[bits[i]&31] // 256 is a multiple of 32: every symbol is as likely
	}
	return string(code)
}

// handleHash is by what a ticket is found.
func (k key) handleHash(code string) []byte { return k.mac("handle", code[:handleSize]) }

// codeHash is what a code is compared with.
func (k key) codeHash(ticketID, code string) []byte { return k.mac("proof", ticketID, code) }

// written is a code as people read it.
func written(code string) string { return code[:handleSize] + "-" + code[handleSize:] }

// normalCode is the code that somebody typed: in any case, with spaces and dashes anywhere, with look-alikes of symbols.
func normalCode(typed string) (code string, ok bool) {
	if len(typed) > longestTyped {
		return "", false
	}
	var b strings.Builder
	for _, r := range typed {
		if unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) || r == '\u2212' || r == '_' || r == '.' {
			continue
		}
		if r >= '\uFF01' && r <= '\uFF5E' { // full width, as East Asian keyboards write
			r -= '\uFF01' - '!'
		}
		switch r = unicode.ToUpper(r); r {
		case 'O':
			r = '0'
		case 'I', 'L':
			r = '1'
		case 'U':
			r = 'V'
		case '-', '_', '.':
			continue
		}
		if r > unicode.MaxASCII || !strings.ContainsRune(symbols, r) || b.Len() == codeSize {
			return "", false
		}
		b.WriteRune(r)
	}
	return b.String(), b.Len() == codeSize
}

// token is what stands in the link of a ticket.
func (k key) token(ticketID string) string {
	return base64.RawURLEncoding.EncodeToString(k.mac("link", ticketID))
}

// ParseLink finds the token in a link, as it is mailed ("https://…/activate/TOKEN", "https://…/pin/TOKEN"), as the system
// hands it to the station ("tapstation://activate/TOKEN", "tapstation://pin/TOKEN") or as the bare token. What mail
// programs and people copy around it is no matter.
func ParseLink(s string) (token string, ok bool) {
	if len(s) > longestLink {
		return "", false
	}
	s = strings.Trim(s, " \t\r\n<>\"'")
	s, _, _ = strings.Cut(s, "#")
	s, _, _ = strings.Cut(s, "?")
	s = strings.TrimRight(s, "/.,;:>)]\"'")
	place, token := "", s
	if i := strings.LastIndexByte(s, '/'); i >= 0 {
		place, token = s[:i], s[i+1:]
		if !leadsHere(place) {
			return "", false
		}
	}
	if !validToken(token) {
		return "", false
	}
	return token, true
}

// validToken tells whether a token has the form of one; what has not is not looked for.
func validToken(token string) bool {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	return err == nil && len(raw) == tokenSize && len(token) == base64.RawURLEncoding.EncodedLen(tokenSize)
}

// leadsHere tells whether what stands before a token is the beginning of a link of ours.
func leadsHere(place string) bool {
	scheme, rest, ok := strings.Cut(place, ":")
	if !ok {
		return false
	}
	scheme = strings.ToLower(scheme)
	rest, slashes := strings.CutPrefix(rest, "//")
	last := rest[strings.LastIndexByte(rest, '/')+1:]
	if !strings.EqualFold(last, "activate") && !strings.EqualFold(last, "pin") {
		return false
	}
	switch scheme {
	case "http", "https":
		return slashes && strings.Contains(rest, "/")
	case "tapstation":
		return strings.Trim(rest, "/") == last
	}
	return false
}
