package mailbox

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestWhatMakesNoSenseIsShownAsFarAsItGoes(t *testing.T) {
	deep := "Content-Type: multipart/mixed; boundary=b0\r\n\r\n"
	for i := range 2 * maxDepth {
		deep += fmt.Sprintf("--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n", i, i+1)
	}
	many := "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\n\r\nx\r\n", 2*maxParts) + "--b--\r\n"
	for name, raw := range map[string]string{
		"no header": "hello", "a type that is none": "Subject: s\r\nContent-Type: ;;\r\n\r\nhello",
		"a charset that is none": "Content-Type: text/plain; charset=klingon\r\n\r\nhello", "half a multipart": "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n",
		"base64 that is none": "Content-Transfer-Encoding: base64\r\n\r\n@@@@", "deep": deep, "many": many,
	} {
		m := read([]byte(raw))
		if m.Broken == nil {
			t.Errorf("%s: nothing is said to be wrong", name)
		}
		if len(m.Parts) > maxParts {
			t.Errorf("%s: it has %d parts, want %d at most", name, len(m.Parts), maxParts)
		}
	}
}

func TestLinksEndWhereAPersonWouldEndThem(t *testing.T) {
	m := Mail{Text: "Open https://keys.example.org/activate/a_b-C. Or (http://localhost:1/x?y=1), or\n<https://keys.example.org/activate/a_b-C>\nhttps://e.org/ü!"}
	want := []string{"https://keys.example.org/activate/a_b-C", "http://localhost:1/x?y=1", "https://e.org/ü"}
	if got := m.Links(); !slices.Equal(got, want) {
		t.Errorf("Links = %q, want %q", got, want)
	}
}

func TestPicturesThatGoWithAMailAreOnItsPage(t *testing.T) {
	m := read([]byte("Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<img src=\"cid:logo@a\"><img src=\"cid:no\">\r\n" +
		"--b\r\nContent-Type: image/png\r\nContent-Id: <logo@a>\r\nContent-Transfer-Encoding: base64\r\n\r\nAAEC\r\n--b--\r\n"))
	if want := `<img src="data:image/png;base64,AAEC"><img src="cid:no">`; m.Broken != nil || strings.TrimSpace(m.Page()) != want {
		t.Errorf("the page is %q (%v), want %q", m.Page(), m.Broken, want)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("Subject: a\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if m := read(raw); len(m.Parts) > maxParts || len(m.Raw) != len(raw) {
			t.Errorf("%d parts, %d bytes of %d", len(m.Parts), len(m.Raw), len(raw))
		}
	})
}
