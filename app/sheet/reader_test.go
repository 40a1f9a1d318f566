package sheet

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
)

// readAll reads a table whose format is found by look.
func readAll(t testing.TB, file []byte, f Format) ([]Record, Format) {
	t.Helper()
	f, err := Look(opener(file), f)
	if err != nil {
		t.Fatalf("Look: %v", err)
	}
	var in io.Reader = bytes.NewReader(file)
	if len(file) < 64<<10 {
		in = iotest.OneByteReader(in)
	}
	r, err := NewReader(in, f)
	if err != nil {
		t.Fatalf("NewReader: %v", err)
	}
	var all []Record
	for {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			return all, f
		}
		if err != nil {
			t.Fatalf("Read: %v", err)
		}
		all = append(all, rec)
	}
}

func opener(file []byte) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(file)), nil }
}

// texts are the cells of records without what else is known of them.
func texts(all []Record) [][]string {
	var lines [][]string
	for _, rec := range all {
		var line []string
		for _, c := range rec.Cells {
			line = append(line, c.Text)
		}
		lines = append(lines, line)
	}
	return lines
}

func utf16Bytes(s string, big, mark bool) []byte {
	if mark {
		s = "\uFEFF" + s
	}
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		if big {
			b = append(b, byte(u>>8), byte(u))
		} else {
			b = append(b, byte(u), byte(u>>8))
		}
	}
	return b
}

func TestTablesOfEveryKindAreRead(t *testing.T) {
	want := [][]string{{"id", "name"}, {"1", "Zoë, 😀"}, {"2", ""}}
	const quoted = "id,name\n1,\"Zoë, 😀\"\n2,\n"
	for _, c := range []struct {
		name   string
		file   []byte
		format Format
	}{
		{"UTF-8", []byte(quoted), Format{UTF8, ','}},
		{"UTF-8 with a mark", []byte("\uFEFF" + quoted), Format{UTF8, ','}},
		{"UTF-16 little end first", utf16Bytes(quoted, false, true), Format{UTF16LE, ','}},
		{"UTF-16 big end first", utf16Bytes(quoted, true, true), Format{UTF16BE, ','}},
		{"UTF-16 without a mark", utf16Bytes(quoted, false, false), Format{UTF16LE, ','}},
		{"big UTF-16 without a mark", utf16Bytes(quoted, true, false), Format{UTF16BE, ','}},
		{"Excel's Unicode text", utf16Bytes("id\tname\r\n1\tZoë, 😀\r\n2\t\r\n", false, true), Format{UTF16LE, '\t'}},
		{"semicolons", []byte("id;name\n1;Zoë, 😀\n2;\n"), Format{UTF8, ';'}},
		{"tabs", []byte("id\tname\n1\tZoë, 😀\n2\t\n"), Format{UTF8, '\t'}},
		{"bars", []byte("id|name\n1|Zoë, 😀\n2|\n"), Format{UTF8, '|'}},
		{"sep=", []byte("sep=:\nid:name\n1:Zoë, 😀\n2:\n"), Format{UTF8, ':'}},
		{"sep= with a mark", []byte("\uFEFFsep=;\r\nid;name\r\n1;Zoë, 😀\r\n2;"), Format{UTF8, ';'}},
		{"Windows line ends", []byte("id,name\r\n1,\"Zoë, 😀\"\r\n2,\r\n"), Format{UTF8, ','}},
		{"old Macintosh line ends", []byte("id,name\r1,\"Zoë, 😀\"\r2,\r"), Format{UTF8, ','}},
		{"mixed line ends", []byte("id,name\r1,\"Zoë, 😀\"\n\r\n\r2,"), Format{UTF8, ','}},
		{"no last line end", []byte("id,name\n1,\"Zoë, 😀\"\n2,"), Format{UTF8, ','}},
		{"blank lines", []byte("\n\n,\nid,name\n\n ,\n1,\"Zoë, 😀\"\n,\n2,\n\n,,,\n")[0:], Format{UTF8, ','}},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := want
			if c.name == "blank lines" {
				want = [][]string{want[0], {" ", ""}, want[1], want[2]}
			}
			got, f := readAll(t, c.file, Format{})
			if f != c.format {
				t.Errorf("it looks like %v, want %v", f, c.format)
			}
			if diff := cmp.Diff(want, texts(got)); diff != "" {
				t.Errorf("read (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWindows1252IsTakenOnlyForWhatIsNoUTF8(t *testing.T) {
	for _, c := range []struct {
		name string
		file string
		want Encoding
		cell string // the last
	}{
		{"ASCII", "id\nAda", UTF8, "Ada"},
		{"umlauts", "id\nZo\xEB", Windows1252, "Zoë"},
		{"euro and dash", "id\n\x80 \x96", Windows1252, "€ –"},
		{"late", "id\n" + strings.Repeat("a\n", 200_000) + "M\xFCller", Windows1252, "Müller"},
		{"damaged UTF-8", "id\nZoë\nZo\xEB", UTF8, "Zo\uFFFD"},
		{"undefined bytes", "id\n\x81\xEB", UTF8, "\uFFFD"},
		{"a character at the end of a block", "id\n" + strings.Repeat("a", 64<<10-4) + "ë", UTF8, strings.Repeat("a", 64<<10-4) + "ë"},
	} {
		got, f := readAll(t, []byte(c.file), Format{})
		if f.Encoding != c.want {
			t.Errorf("%s: looks like %s, want %s", c.name, f.Encoding, c.want)
		}
		if cell := got[len(got)-1].Cells[0]; cell.Text != c.cell {
			t.Errorf("%s: read %.40q, want %.40q", c.name, cell.Text, c.cell)
		}
	}
}

func TestWhatIsGivenIsNotGuessed(t *testing.T) {
	got, _ := readAll(t, []byte("a;b,c\n"), Format{Delimiter: ';'})
	if diff := cmp.Diff([][]string{{"a", "b,c"}}, texts(got)); diff != "" {
		t.Errorf("with a given delimiter (-want +got):\n%s", diff)
	}
	got, _ = readAll(t, []byte("Zoë\n"), Format{Encoding: Windows1252})
	if want := "Zo\u00c3\u00ab"; got[0].Cells[0].Text != want {
		t.Errorf("with a given encoding it reads %q, want %q", got[0].Cells[0].Text, want)
	}
	for _, f := range []Format{{Encoding: "klingon", Delimiter: ','}, {Encoding: UTF8, Delimiter: 'a'}, {Encoding: UTF8, Delimiter: '"'}, {Encoding: UTF8}} {
		if _, err := NewReader(strings.NewReader("a"), f); err == nil {
			t.Errorf("NewReader takes %v", f)
		}
	}
}

func TestDelimiterOfTheMostCellsWins(t *testing.T) {
	for _, c := range []struct {
		file string
		want byte
	}{
		{"user_id,groups\nada,a;b;c;d\n", ','},
		{"\"Name, Vorname\";E-Mail;Gruppen\n", ';'},
		{"user_id\nada\n", ','},
		{"\"a;b;c\",d\n", ','},
		{"sep=|\na,b,c|d\n", '|'},
		{"a,b;c\n", ','},
	} {
		if f, err := Look(opener([]byte(c.file)), Format{}); err != nil || f.Delimiter != c.want {
			t.Errorf("%q: delimiter %q, %v, want %q", c.file, f.Delimiter, err, c.want)
		}
	}
}

func TestNothingIsEmpty(t *testing.T) {
	for _, f := range []Format{{}, {Encoding: UTF8}} {
		if _, err := Look(opener(nil), f); !errors.Is(err, ErrEmpty) {
			t.Errorf("Look of an empty file with %v: %v, want ErrEmpty", f, err)
		}
	}
	if _, err := Look(opener([]byte(utf8BOM)), Format{}); !errors.Is(err, ErrEmpty) {
		t.Errorf("Look of nothing but a mark: %v, want ErrEmpty", err)
	}
}

func TestProblemsAreToldWithTheirPlace(t *testing.T) {
	long := strings.Repeat("x", MaxCell+1)
	for _, c := range []struct {
		name string
		file string
		at   int // record
		cell int
		line int
		want Problem
	}{
		{"NUL", "a,b\nc,d\x00e\nf,g\n", 1, 1, 2, NUL},
		{"no UTF-8", "ä,b\nc,d\xFFe\nf,g\n", 1, 1, 2, InvalidText},
		{"a surrogate in UTF-8", "äöüß,b\nc,d\xED\xA0\x80e\nf,g\n", 1, 1, 2, InvalidText},
		{"after the closing quote", "a,b\nc,\"d\"e\nf,g\n", 1, 1, 2, StrayQuote},
		{"a quote after a space", "a,b\nc, \"d\"\nf,g\n", 1, 1, 2, StrayQuote},
		{"never closed", "a,b\nf,g\nc,\"d\ne\n", 2, 1, 3, UnclosedQuote},
		{"too long", "a,b\nc," + long + "\nf,g\n", 1, 1, 2, CellTooLong},
		{"too long in quotes", "a,b\n\nc,\"x\n" + long + "\"\nf,g\n", 1, 1, 3, CellTooLong},
		{"ten megabytes", "a,b\nc," + strings.Repeat("x", 10<<20) + "\nf,g\n", 1, 1, 2, CellTooLong},
		{"a quote of ten megabytes never closed", "a,b\nc,\"" + strings.Repeat("x\n", 5<<20), 1, 1, 2, UnclosedQuote},
		{"a long line", "a,b\n" + strings.Repeat(long[:MaxCell]+",", 9) + "\nf,g\n", 1, 8, 2, CellTooLong},
		{"too many cells", "a,b\n" + strings.Repeat("c,", 20_000) + "\nf,g\n", 1, MaxCells - 1, 2, TooManyCells},
		{"in the third line of a record", "a,b\n\"c\nd\r\ne\",x\x00\nf,g\n", 1, 1, 4, NUL},
	} {
		t.Run(c.name, func(t *testing.T) {
			all, _ := readAll(t, []byte(c.file), Format{Delimiter: ','})
			got := all[c.at].Cells[c.cell]
			if got.Problem != c.want || got.Line != c.line {
				t.Errorf("record %d, cell %d is %q in line %d, want %q in line %d", c.at, c.cell, got.Problem, got.Line, c.want, c.line)
			}
			if len(got.Text) > 4*shown {
				t.Errorf("%d bytes of the cell are told, want its beginning", len(got.Text))
			}
			if last := all[len(all)-1].Cells[0].Text; c.want != UnclosedQuote && last != "f" {
				t.Errorf("the last record begins with %q, want f: what follows a problem is read on", last)
			}
		})
	}
	half := append(utf16Bytes("a,b\nc,d", false, true), 'x')
	if all, _ := readAll(t, half, Format{}); all[1].Cells[1].Problem != InvalidText {
		t.Errorf("half a character at the end of UTF-16 is %q, want %q", all[1].Cells[1].Problem, InvalidText)
	}
	lone := []byte{0xFF, 0xFE, 'a', 0, 0x00, 0xD8, 'b', 0}
	if all, _ := readAll(t, lone, Format{}); all[0].Cells[0].Problem != InvalidText || all[0].Cells[0].Text != "a\uFFFDb" {
		t.Errorf("half a pair in UTF-16 is read as %+v, want %q and what follows it", all[0].Cells[0], InvalidText)
	}
}

func TestQuotesHoldAnything(t *testing.T) {
	got, _ := readAll(t, []byte("\"a\"\"b\",\"c,\r\nd\re\",f\"g\n\"\",h\n"), Format{})
	want := [][]string{{`a"b`, "c,\r\nd\re", `f"g`}, {"", "h"}}
	if diff := cmp.Diff(want, texts(got)); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
	if got[1].Line != 4 {
		t.Errorf("the second record begins in line %d, want 4", got[1].Line)
	}
}

func TestLastLineWithoutItsEndIsMarked(t *testing.T) {
	for file, want := range map[string]bool{"a\nb": true, "a\nb\n": false, "a\nb\r": false, "a\n\"b": true} {
		all, _ := readAll(t, []byte(file), Format{})
		if all[0].Cut || all[1].Cut != want {
			t.Errorf("%q: cut off are %v and %v, want false and %v", file, all[0].Cut, all[1].Cut, want)
		}
	}
}

func TestReadErrorsAreTold(t *testing.T) {
	broken := errors.New("the disk is gone")
	r, err := NewReader(io.MultiReader(strings.NewReader("a,b\nc"), iotest.ErrReader(broken)), Format{UTF8, ','})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Read(); err != nil {
		t.Fatalf("the first line: %v", err)
	}
	if _, err := r.Read(); !errors.Is(err, broken) || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("the second line: %v, want the error and the line", err)
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(iotest.ErrReader(broken)), nil }
	if _, err := Look(open, Format{}); !errors.Is(err, broken) {
		t.Errorf("Look: %v, want the error", err)
	}
}

// TestMemoryIsBounded reads 16 MB in one cell, one line, blank lines and one quote that is never closed.
func TestMemoryIsBounded(t *testing.T) {
	for name, unit := range map[string]string{"cell": "x", "line": "x,", "blank lines": "\n", "quote": "\"x\n"} {
		first, rest := unit[:len(unit)-1], unit[len(unit)-1:]
		if name == "line" {
			first, rest = "", unit
		}
		r, err := NewReader(io.MultiReader(strings.NewReader(first), io.LimitReader(&endless{unit: rest}, 64<<20)), Format{UTF8, ','})
		if err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for {
			if _, err := r.Read(); err != nil {
				break
			}
		}
		runtime.ReadMemStats(&after)
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 8<<20 {
			t.Errorf("%s without end: %d bytes were allocated for 16 MB", name, grown)
		}
	}
}

type endless struct {
	unit string
	at   int
}

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = e.unit[e.at]
		e.at = (e.at + 1) % len(e.unit)
	}
	return len(p), nil
}

func BenchmarkRead(b *testing.B) {
	file := []byte(strings.Repeat("u0000000,ada.lovelace,Ada,Lovelace,ada.lovelace@example.org,Staff;Mathematics\n", 10_000))
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		r, _ := NewReader(bytes.NewReader(file), Format{UTF8, ','})
		for {
			if _, err := r.Read(); err != nil {
				break
			}
		}
	}
}
