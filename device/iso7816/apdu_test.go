package iso7816

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestCommandForms has the seven cases of ISO 7816-4 §5.2 both ways.
func TestCommandForms(t *testing.T) {
	long := bytes.Repeat([]byte{0xAB}, 300)
	tests := []struct {
		name     string
		c        Command
		short    string // empty: does not fit
		extended string
	}{
		{"case 1", Command{CLA: 0x80, INS: 0x10, P1: 1, P2: 2}, "80100102", "80100102"},
		{"case 2", Command{INS: 0xC0, Ne: 5}, "00c0000005", "00c00000000005"},
		{"case 2, 256 bytes", Command{INS: 0xC0, Ne: 256}, "00c0000000", "00c00000000100"},
		{"case 2, 65536 bytes", Command{INS: 0xC0, Ne: 65536}, "", "00c00000000000"},
		{"case 3", Command{INS: 0xDA, Data: []byte{1, 2}}, "00da0000020102", "00da00000000020102"},
		{"case 4", Command{INS: 0xDA, Data: []byte{1, 2}, Ne: 256}, "00da000002010200", "00da000000000201020100"},
		{"case 4, long data", Command{INS: 0xDA, Data: long, Ne: 65536}, "", "00da000000012c" + hex.EncodeToString(long) + "0000"},
		{"case 3, 255 bytes", Command{INS: 0xDA, Data: long[:255]}, "00da0000ff" + hex.EncodeToString(long[:255]), "00da00000000ff" + hex.EncodeToString(long[:255])},
		{"case 3, 256 bytes", Command{INS: 0xDA, Data: long[:256]}, "", "00da0000000100" + hex.EncodeToString(long[:256])},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			short, err := tt.c.Short()
			if tt.short == "" {
				if err == nil {
					t.Errorf("short form is %x, want an error: it does not fit", short)
				}
			} else if err != nil || hex.EncodeToString(short) != tt.short {
				t.Errorf("short form is %x, %v, want %s", short, err, tt.short)
			}
			extended, err := tt.c.Extended()
			if err != nil || hex.EncodeToString(extended) != tt.extended {
				t.Errorf("extended form is %x, %v, want %s", extended, err, tt.extended)
			}
			for form, b := range map[bool][]byte{false: short, true: extended} {
				if b == nil {
					continue
				}
				got, isExtended, err := Parse(b)
				if len(b) > 4 && isExtended != form {
					t.Errorf("%x is read as extended = %v, want %v", b, isExtended, form)
				}
				if err != nil || !reflect.DeepEqual(got, tt.c) {
					t.Errorf("%x is read as %+v, %v, want %+v", b, got, err, tt.c)
				}
			}
		})
	}
}

func TestCommandTooLong(t *testing.T) {
	for _, c := range []Command{{Data: make([]byte, MaxExtendedNc+1)}, {Ne: MaxExtendedNe + 1}} {
		if b, err := c.Extended(); err == nil {
			t.Errorf("%d bytes and %d wanted became %d bytes, want an error", len(c.Data), c.Ne, len(b))
		}
	}
}

func TestParseRefusesWhatIsNoAPDU(t *testing.T) {
	for _, s := range []string{
		"", "00", "00a404",
		"00a404000500",           // data shorter than Lc
		"00a4040001aabbcc",       // more than Le after the data
		"00a40400000000aa",       // extended Lc of zero
		"00a404000000",           // half an extended length
		"00a404000000050102",     // extended data shorter than Lc
		"00a4040000000101ff",     // half an extended Le
		"00a404000000010100ff01", // more than Le after the data
	} {
		if c, _, err := Parse(unhex(t, s)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%q is read as %+v, %v, want ErrMalformed", s, c, err)
		}
	}
}

func TestResponse(t *testing.T) {
	for _, s := range []string{"9000", "01029000", "6100"} {
		b := unhex(t, s)
		r, err := ParseResponse(b)
		if err != nil || !bytes.Equal(r.Bytes(), b) {
			t.Errorf("%s is read as %+v, %v and written as %x", s, r, err, r.Bytes())
		}
	}
	for _, s := range []string{"", "90"} {
		if r, err := ParseResponse(unhex(t, s)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%q is read as %+v, %v, want ErrMalformed", s, r, err)
		}
	}
}

func TestStatusWords(t *testing.T) {
	for sw, want := range map[SW]int{0x6100: 256, 0x6101: 1, 0x61FF: 255} {
		if n, ok := sw.More(); !ok || n != want {
			t.Errorf("%04X announces %d bytes (%v), want %d", uint16(sw), n, ok, want)
		}
		if _, ok := sw.ExactLength(); ok {
			t.Errorf("%04X is taken for an exact length", uint16(sw))
		}
	}
	for sw, want := range map[SW]int{0x6C00: 256, 0x6C10: 16} {
		if n, ok := sw.ExactLength(); !ok || n != want {
			t.Errorf("%04X wants %d bytes (%v), want %d", uint16(sw), n, ok, want)
		}
	}
	if _, ok := OK.More(); ok {
		t.Error("9000 announces more data")
	}
	for sw, want := range map[SW]string{
		OK: "done", WrongLength: "wrong length", FileNotFound: "application not found",
		0x6A99: "wrong parameters", 0x6133: "more data available", 0x1234: "",
	} {
		if got := sw.Meaning(); got != want {
			t.Errorf("%04X means %q, want %q", uint16(sw), got, want)
		}
	}
}

// FuzzParse reads, writes and reads again.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"00a4040008a0000006472f000100", "80108000010400", "80108000000001040000", "80c0000000", "80110000"} {
		f.Add(unhex(f, s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, extended, err := Parse(b)
		if err != nil {
			if !errors.Is(err, ErrMalformed) {
				t.Fatalf("error %v, want ErrMalformed", err)
			}
			return
		}
		encode := c.Short
		if extended {
			encode = c.Extended
		}
		again, err := encode()
		if err != nil || !bytes.Equal(again, b) {
			t.Fatalf("%x is read as %+v and written as %x, %v", b, c, again, err)
		}
	})
}

// FuzzCommand writes any command in both forms and reads it back.
func FuzzCommand(f *testing.F) {
	f.Add(byte(0x80), byte(0x10), byte(0x80), byte(0), []byte{4}, 65536)
	f.Add(byte(0), byte(0xA4), byte(4), byte(0), []byte{}, 0)
	f.Fuzz(func(t *testing.T, cla, ins, p1, p2 byte, data []byte, ne int) {
		c := Command{CLA: cla, INS: ins, P1: p1, P2: p2, Data: data, Ne: ne}
		if ne < 0 {
			return
		}
		for _, encode := range []func() ([]byte, error){c.Short, c.Extended} {
			b, err := encode()
			if err != nil {
				continue
			}
			got, _, err := Parse(b)
			if err != nil || got.CLA != cla || got.INS != ins || got.P1 != p1 || got.P2 != p2 || !bytes.Equal(got.Data, data) || got.Ne != ne {
				t.Fatalf("%+v is written as %x and read as %+v, %v", c, b, got, err)
			}
		}
	})
}
