package mail

import (
	"errors"

	"github.com/emersion/go-sasl"
)

// login is the LOGIN mechanism: user, then password, each when the server asks. Not go-sasl's, which sends the user
// unasked and wants the question for the password spelled in one way; servers that know LOGIN only are the old ones.
type login struct {
	answers []string
}

var _ sasl.Client = (*login)(nil)

func newLogin(user, password string) *login { return &login{[]string{user, password}} }

func (l *login) Start() (mech string, first []byte, err error) { return sasl.Login, nil, nil }

func (l *login) Next([]byte) ([]byte, error) {
	if len(l.answers) == 0 {
		return nil, sasl.ErrUnexpectedServerChallenge
	}
	answer := l.answers[0]
	l.answers = l.answers[1:]
	return []byte(answer), nil
}

// xoauth2 is Google's and Microsoft's way to log in with an access token. What the server says of a token it refuses is
// answered with nothing, upon which it refuses in words of SMTP.
type xoauth2 struct {
	user, token string
	asked       bool
}

var _ sasl.Client = (*xoauth2)(nil)

func (x *xoauth2) Start() (mech string, first []byte, err error) {
	return "XOAUTH2", bearer(x.user, x.token), nil
}

func (x *xoauth2) Next([]byte) ([]byte, error) {
	if x.asked {
		return nil, errors.New("the server asks again")
	}
	x.asked = true
	return []byte{}, nil
}

func bearer(user, token string) []byte {
	return []byte("user=" + user + "\x01auth=Bearer " + token + "\x01\x01")
}
