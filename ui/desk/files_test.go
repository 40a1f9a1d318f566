package desk

import (
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"

	"tapstation/ui/widget"
)

// folderWith is a folder with files and folders (names that end in /) in it.
func folderWith(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		path := filepath.Join(dir, name)
		var err error
		if name[len(name)-1] == '/' {
			err = os.Mkdir(path, 0o700)
		} else {
			err = os.WriteFile(path, []byte("x"), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFileIsFoundByKeyboard(t *testing.T) {
	b := newBench(t, 1)
	b.folder = folderWith(t, "b.csv", "a.txt", ".hidden.csv", "sub/")
	got := ""
	b.pickFile(pick{Title: "Choose", Act: "Choose", Extensions: []string{".csv"}}, func(path string) { got = path })
	b.until("the folder", func() bool { return b.says(b.folder) })
	// The folder above, sub, b.csv: neither what is hidden nor another kind of file.
	b.press(fyne.KeyDown, fyne.KeyDown, fyne.KeyDown, fyne.KeyDown, fyne.KeyReturn)
	b.until("the file", func() bool { return got != "" })
	if want := filepath.Join(b.folder, "b.csv"); got != want {
		t.Errorf("chosen was %s, want %s", got, want)
	}
	if b.question != nil {
		t.Error("after the choice the files are still there")
	}
}

func TestTypedFolderIsLookedIntoAndTypedFileIsTaken(t *testing.T) {
	b := newBench(t, 1)
	dir := folderWith(t, "sub/", "sub/c.csv")
	got := ""
	b.pickFile(pick{Title: "Choose", Act: "Choose"}, func(path string) { got = path })
	b.write(filepath.Join(dir, "sub"))
	b.press(fyne.KeyReturn)
	b.until("the folder", func() bool { return b.says(filepath.Join(dir, "sub")) })
	b.write("c.csv")
	b.press(fyne.KeyReturn)
	b.until("the file", func() bool { return got != "" })
	if want := filepath.Join(dir, "sub", "c.csv"); got != want {
		t.Errorf("chosen was %s, want %s", got, want)
	}
}

func TestMissingFileIsToldUnderItsField(t *testing.T) {
	b := newBench(t, 1)
	b.pickFile(pick{Title: "Choose", Act: "Choose"}, func(path string) { t.Errorf("%s was chosen, which is not there", path) })
	b.write(filepath.Join(t.TempDir(), "none.csv"))
	b.press(fyne.KeyReturn)
	field := widget.Find[*widget.Field](b.Page(), "File")
	b.until("the problem", func() bool { return field.Problem() != "" })
	if want := "There is no such file. Check its name, or choose it below."; field.Problem() != want {
		t.Errorf("under the field stands %q, want %q", field.Problem(), want)
	}
	b.press(fyne.KeyEscape)
	if b.question != nil {
		t.Error("Escape does not go back")
	}
}

func TestFileToBeMadeReplacesNone(t *testing.T) {
	b := newBench(t, 1)
	b.folder = folderWith(t, "old.zip")
	got := ""
	b.pickFile(pick{Title: "Save", Act: "Save", Save: "old.zip"}, func(path string) { got = path })
	b.until("the folder", func() bool { return b.says(b.folder) })
	b.press(fyne.KeyReturn)
	field := widget.Find[*widget.Field](b.Page(), "File")
	b.until("the problem", func() bool { return field.Problem() != "" })
	if got != "" {
		t.Fatalf("%s was chosen, which is there already", got)
	}
	field.Entry.SetText("new.zip")
	b.press(fyne.KeyReturn)
	b.until("the file", func() bool { return got != "" })
	if want := filepath.Join(b.folder, "new.zip"); got != want {
		t.Errorf("chosen was %s, want %s", got, want)
	}
}

func TestTypedPath(t *testing.T) {
	home, folder := filepath.FromSlash("/home/ada"), filepath.FromSlash("/data")
	for _, c := range []struct{ typed, want string }{
		{"", ""},
		{"a.csv", "/data/a.csv"},
		{"sub/../a.csv", "/data/a.csv"},
		{"/x/a.csv", "/x/a.csv"},
		{` "/x/my file.csv" `, "/x/my file.csv"},
		{"~/a.csv", "/home/ada/a.csv"},
		{"~", "/home/ada"},
		{"~a.csv", "/data/~a.csv"},
	} {
		s := filesState{Folder: folder, Typed: filepath.FromSlash(c.typed)}
		if got, want := s.path(home), filepath.FromSlash(c.want); got != want {
			t.Errorf("%q is %q, want %q", c.typed, got, want)
		}
	}
}

func TestSizesInWords(t *testing.T) {
	for size, want := range map[int64]string{0: "0 bytes", 1: "1 byte", 999: "999 bytes", 1000: "1.0 kB", 12_345: "12 kB",
		2_500_000: "2.5 MB", 999_000_000: "999 MB", 3_000_000_000_000: "3.0 TB"} {
		if got := bytesWords(size); got != want {
			t.Errorf("%d is %q, want %q", size, got, want)
		}
	}
}
