package portal_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"tapstation/app/directory"
	"tapstation/app/portal"
)

// TestBodiesThatAreNoneAreRefused sends to every address that takes something what nobody should.
func TestBodiesThatAreNoneAreRefused(t *testing.T) {
	d := newDesk(t)
	activation, pin := d.assign(directory.PIN), d.enrolled()
	before := d.stored()
	huge := strings.Repeat("A", portal.MaxBody+1)
	for _, test := range []struct {
		name, path, kind, body string
		status                 int
	}{
		{"a huge code", "/code", form, "code=" + huge, http.StatusRequestEntityTooLarge},
		{"a long code", "/code", form, "code=" + huge[:5000], http.StatusRequestEntityTooLarge},
		{"a code as JSON", "/code", "application/json", `{"code":"` + activation.code + `"}`, http.StatusUnprocessableEntity},
		{"a code as a form that is none", "/code", form, "%zz=%", http.StatusUnprocessableEntity},
		{"a code as half a multipart form", "/code", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"code\"\r\n\r\n" + activation.code, http.StatusUnprocessableEntity},
		{"a multipart form without boundary", "/code", "multipart/form-data", "--", http.StatusUnprocessableEntity},
		{"no code", "/code", form, "", http.StatusUnprocessableEntity},
		{"a code with zeros", "/code", form, "code=" + url.QueryEscape("A\x00\xff\u202e"), http.StatusUnprocessableEntity},
		{"a huge answer", "/end", "application/json", `{"x":"` + huge + `"}`, http.StatusRequestEntityTooLarge},
		{"a huge answer of blanks", "/end", "application/json", strings.Repeat(" ", portal.MaxBody+1), http.StatusRequestEntityTooLarge},
		{"nothing", "/end", "application/json", "", http.StatusBadRequest},
		{"half of it", "/end", "application/json", `{"rawId":"AAAA","type":"public-key","response":{`, http.StatusBadRequest},
		{"a list", "/end", "application/json", `[]`, http.StatusBadRequest},
		{"null", "/end", "application/json", `null`, http.StatusBadRequest},
		{"something after it", "/end", "application/json", `{} {}`, http.StatusBadRequest},
		{"many levels", "/end", "application/json", strings.Repeat(`{"response":`, 5000), http.StatusBadRequest},
		{"another kind of credential", "/end", "application/json", `{"rawId":"AAAA","type":"password","response":{"clientDataJSON":"e30","attestationObject":"oA"}}`, http.StatusBadRequest},
		{"a part missing", "/end", "application/json", `{"rawId":"AAAA","type":"public-key","response":{"clientDataJSON":"e30"}}`, http.StatusBadRequest},
		{"no base64", "/end", "application/json", `{"rawId":"???","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":"oA"}}`, http.StatusBadRequest},
		{"client data that are none", "/end", "application/json", `{"rawId":"AAAA","type":"public-key","response":{"clientDataJSON":"AAAA","attestationObject":"oA"}}`, http.StatusBadRequest},
		{"a form instead", "/end", form, "type=public-key", http.StatusBadRequest},
		{"a PIN page with a huge form", "/chosen", form, "x=" + huge, http.StatusConflict}, // nobody reads it
	} {
		t.Run(test.name, func(t *testing.T) {
			path := test.path
			switch path {
			case "/end":
				path = activation.path() + path
			case "/chosen":
				path = pin.path() + path
			}
			w := d.ask(request{method: "POST", path: path, body: test.body, header: map[string]string{"Content-Type": test.kind}})
			if w.Code != test.status {
				t.Errorf("status %d, want %d", w.Code, test.status)
			}
			if test.path == "/end" {
				var answer struct{ Problem string }
				if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || answer.Problem != "malformed" {
					t.Errorf("it is answered %s, want malformed", w.Body)
				}
			}
			if len(w.Body.Bytes()) > 32<<10 {
				t.Errorf("the answer has %d bytes, want no echo", w.Body.Len())
			}
		})
	}
	if d.stored() != before {
		t.Error("something was changed")
	}
}

const form = "application/x-www-form-urlencoded"

// TestTruncatedRequestsChangeNothing hangs up in the middle of what it sends, and sends what is no HTTP.
func TestTruncatedRequestsChangeNothing(t *testing.T) {
	d := newDesk(t)
	activation, pin := d.assign(directory.PIN), d.enrolled()
	before := d.stored()
	s := d.run(portal.Listen{Address: "127.0.0.1:0"})
	for _, test := range []struct {
		sent   string
		status int // of the answer; 0: none is needed
	}{
		{"POST " + activation.path() + "/end HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n{\"rawId\":", http.StatusBadRequest},
		{"POST " + activation.path() + "/end HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n", http.StatusBadRequest},
		{"POST " + pin.path() + "/show HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r", 0},
		{"GET " + activation.path() + " HTTP/1.1\r\nHost: h\r\nX: " + strings.Repeat("x", 64<<10) + "\r\n\r\n", http.StatusRequestHeaderFieldsTooLarge},
		{"GET " + activation.path() + " HTTP/9.9\r\n\r\n", http.StatusHTTPVersionNotSupported},
		{"GET " + activation.path() + " HTTP/1.1\r\n\r\n", http.StatusBadRequest}, // without Host
		{"GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n", http.StatusBadRequest},
		{"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 0},
		{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 0},
	} {
		c := s.dial()
		if _, err := io.WriteString(c, test.sent); err != nil {
			t.Fatal(err)
		}
		if err := c.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		r, err := http.ReadResponse(bufio.NewReader(c), nil)
		status := 0
		if err == nil {
			status = r.StatusCode
			_ = r.Body.Close()
		}
		if test.status != 0 && status != test.status {
			t.Errorf("%.60q is answered with status %d, %v; want %d", test.sent, status, err, test.status)
		}
	}
	s.stop()
	s.ended()
	if d.stored() != before {
		t.Error("something was changed")
	}
}
