package sheet

import (
	"bytes"
	"encoding/csv"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func write(t testing.TB, delimiter byte, lines ...[]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := NewWriter(&b, delimiter, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		if err := w.Write(line...); err != nil {
			t.Fatalf("Write(%.80q): %v", line, err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWritten(t *testing.T) {
	for _, c := range []struct {
		cells []string
		want  string
	}{
		{[]string{"ada", "Ada", ""}, "ada,Ada,\n"},
		{[]string{"", ""}, "\"\",\n"},
		{[]string{`5" disk`, "a,b", "a;b", " a", "a\nb"}, "\"5\"\" disk\",\"a,b\",\"a;b\",\" a\",\"a\nb\"\n"},
		{[]string{"=1+1", "+49 89", "-5", "@ada", "＝1"}, "'=1+1,'+49 89,'-5,'@ada,'＝1\n"},
		{[]string{"'=1", "'ada", "O'Hara", "a-b", "ada@example.org"}, "''=1,'ada,O'Hara,a-b,ada@example.org\n"},
		{[]string{"\t=1", "\r1", " =1", "\u00A0=1"}, "\"'\t'=1\",\"'\r1\",' =1,'\u00A0=1\n"},
		{[]string{"Staff;=cmd|'/C calc'!A0"}, "\"Staff;'=cmd|'/C calc'!A0\"\n"},
		{[]string{`x"=1`, "a\n-1", "a, +1"}, "\"x\"\"'=1\",\"a\n'-1\",\"a,' +1\"\n"},
		{[]string{"sep=;"}, "\"sep=;\"\n"},
	} {
		if got := string(write(t, ',', c.cells)); got != c.want {
			t.Errorf("%q is written as %q, want %q", c.cells, got, c.want)
		}
	}
	var b bytes.Buffer
	w, err := NewWriter(&b, ';', true)
	if err != nil || w.Write("a", "b") != nil || w.Flush() != nil || b.String() != "\uFEFFa;b\n" {
		t.Errorf("with a mark and semicolons %q is written, %v", b.String(), err)
	}
}

func TestWhatCannotBeReadAgainIsNotWritten(t *testing.T) {
	w, err := NewWriter(io.Discard, ',', false)
	if err != nil {
		t.Fatal(err)
	}
	for name, cells := range map[string][]string{
		"no UTF-8": {"a\xFF"}, "NUL": {"\x00"}, "too long": {strings.Repeat("a", MaxCell+1)}, "no cells": {},
		"too long a line": slices.Repeat([]string{strings.Repeat("a", MaxCell)}, 9),
	} {
		if err := w.Write(cells...); err == nil {
			t.Errorf("%s is written", name)
		}
	}
	if _, err := NewWriter(io.Discard, 'a', false); err == nil {
		t.Error("a letter is taken for a delimiter")
	}
}

// FuzzRoundTrip writes any two lines of texts and reads them again. Nothing may differ, and in no spreadsheet may a cell
// run, whatever it takes for the delimiter and whatever it makes of quotes.
func FuzzRoundTrip(f *testing.F) {
	for _, s := range []string{"", "ada", "=1+1", "'=1", "''", "' =", "a;=b", "a\"=b", "a\r\n-1", "\t", "＠", "\uFEFF=1", "sep=;", "\"", " \"a\"", "\u2003+1"} {
		f.Add(s, s, "x", uint8(0))
		f.Add("x", "", s, uint8(1))
	}
	f.Fuzz(func(t *testing.T, a, b, c string, pick uint8) {
		d := Delimiters[int(pick)%len(Delimiters)]
		lines := [][]string{{a, b}, {c, a}, {b, c}}
		var buf bytes.Buffer
		w, err := NewWriter(&buf, d, pick&0x80 != 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range lines {
			if err := w.Write(line...); err != nil {
				if all := strings.Join(line, ","); utf8.ValidString(all) && strings.IndexByte(all, 0) < 0 && len(all) < MaxCell/4 {
					t.Fatalf("%q cannot be written: %v", line, err)
				}
				return
			}
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		got, _ := readAll(t, buf.Bytes(), Format{Delimiter: d})
		if diff := cmp.Diff(lines, texts(got)); diff != "" {
			t.Fatalf("%q is read as (-want +got):\n%s", buf.String(), diff)
		}
		if place := running(buf.String(), d); place != "" {
			t.Fatalf("%q: a spreadsheet would run %q", buf.String(), place)
		}
	})
}

// running is a cell that some spreadsheet would run, if there is one in a file. It shares nothing with what it checks:
// cells are taken as a strict reader sees them, and as one that knows no quotes and splits at every delimiter.
func running(file string, d byte) string {
	file = strings.TrimPrefix(file, "\uFEFF")
	strict := csv.NewReader(strings.NewReader(file))
	strict.Comma, strict.FieldsPerRecord = rune(d), -1
	for {
		cells, err := strict.Read()
		if err != nil {
			break
		}
		for _, c := range cells {
			if c != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(c)[0]) {
				return c
			}
		}
	}
	for _, c := range strings.FieldsFunc(file, func(r rune) bool { return strings.ContainsRune(",;\t|\r\n\"", r) }) {
		bare := strings.TrimLeft(c, " \u00A0\u2003\u3000\uFEFF")
		if bare != "" && strings.ContainsRune("=+-@＝＋－＠﹦﹢﹣﹫", []rune(bare)[0]) {
			return c
		}
	}
	return ""
}

func TestCheckerKnowsWhatRuns(t *testing.T) {
	for file, want := range map[string]bool{
		"a,=1\n": true, "a,\"=1\"\n": true, "a;=1\n": true, "\"a;=1\"\n": true, "a,' =1\n": false, "a, =1\n": true, "\"x\"\"=1\"\n": true,
		"a,'=1\n": false, "a-b\n": false, "a\n\"\t1\"\n": true, "＝1\n": true,
	} {
		if got := running(file, ','); (got != "") != want {
			t.Errorf("running(%q) = %q, want one: %v", file, got, want)
		}
	}
}

// FuzzRead reads anything: nothing panics, lines are counted, and what is kept is bounded.
func FuzzRead(f *testing.F) {
	for _, s := range []string{"", "a,b\nc,d\n", "\xFF\xFEa\x00", "\xFE\xFF\x00a\xD8\x00", "sep=;\na;b", "\"a\nb\",c\r\rd", "\xEF\xBB\xBFa", "a\x81\xEB", "\"", ",\"a\"b"} {
		f.Add([]byte(s), uint8(0))
	}
	f.Fuzz(func(t *testing.T, file []byte, pick uint8) {
		var given Format
		if pick&1 != 0 {
			given.Encoding = Encodings[int(pick>>1)%len(Encodings)]
		}
		format, err := Look(opener(file), given)
		if err != nil {
			return
		}
		all, _ := readAll(t, file, format)
		line, size := 0, 0
		for _, rec := range all {
			if rec.Line <= line && line > 0 {
				t.Fatalf("a record in line %d comes after one in line %d", rec.Line, line)
			}
			line = rec.Line
			for _, c := range rec.Cells {
				if c.Line < rec.Line || !utf8.ValidString(c.Text) {
					t.Fatalf("cell %+v in a record of line %d", c, rec.Line)
				}
				size += len(c.Text)
			}
		}
		if size > 3*len(file)+3 {
			t.Fatalf("%d bytes became %d", len(file), size)
		}
	})
}
