package desk

import (
	"cmp"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tapstation/app/directory"
)

// pick is what a file is chosen for.
type pick struct {
	Title, Act string
	Extensions []string // (".csv") that are shown; none: all files
	Save       string   // what a new file is called; "": a file is chosen that is there
}

// fileEntry is one line of a folder.
type fileEntry struct {
	Name    string
	Folder  bool
	Size    int64
	Changed time.Time
}

// mostEntries is how many entries of a folder are shown: more are found by typing their name.
const mostEntries = 5000

// filesState is a folder that is looked into for a file.
type filesState struct {
	Pick    pick
	Folder  string
	Entries []fileEntry // folders first
	Typed   string
	Problem fileProblem
	Asked   int // the number of the last look; answers to earlier ones are stale
	Failed  error
}

// fileProblem is why what was typed cannot be chosen.
type fileProblem string

const (
	fileNone      fileProblem = ""
	fileMissing   fileProblem = "missing"   // there is no such file
	fileNoFolder  fileProblem = "no_folder" // there is no such folder
	fileExists    fileProblem = "exists"    // there is one already
	fileForbidden fileProblem = "forbidden" // it cannot be looked at
	fileIrregular fileProblem = "irregular" // neither a file nor a folder
	fileNothing   fileProblem = "nothing"   // nothing was typed
)

// path is the file or folder that was typed, in full.
func (s filesState) path(home string) string {
	typed := strings.TrimSpace(s.Typed)
	typed = strings.Trim(typed, `"`) // as "Copy as path" of Windows gives it
	if typed == "" {
		return ""
	}
	if rest, ok := strings.CutPrefix(typed, "~"); ok && (rest == "" || os.IsPathSeparator(rest[0])) {
		typed = home + rest
	}
	if !filepath.IsAbs(typed) {
		typed = filepath.Join(s.Folder, typed)
	}
	return filepath.Clean(typed)
}

// listed takes in what is in a folder.
func (s filesState) listed(n int, folder string, entries []fileEntry, err error) filesState {
	if n != s.Asked {
		return s
	}
	s.Failed = err
	if err != nil {
		return s
	}
	s.Folder, s.Entries, s.Problem = folder, s.shown(entries), fileNone
	return s
}

// shown are the entries that can be chosen or looked into, folders first, by name.
func (s filesState) shown(entries []fileEntry) []fileEntry {
	entries = slices.DeleteFunc(slices.Clone(entries), func(e fileEntry) bool {
		return strings.HasPrefix(e.Name, ".") || !e.Folder && !s.wanted(e.Name)
	})
	slices.SortFunc(entries, func(a, b fileEntry) int {
		if a.Folder != b.Folder {
			if a.Folder {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(directory.Fold(a.Name), directory.Fold(b.Name)), cmp.Compare(a.Name, b.Name))
	})
	return entries[:min(len(entries), mostEntries)]
}

func (s filesState) wanted(name string) bool {
	return len(s.Pick.Extensions) == 0 || slices.Contains(s.Pick.Extensions, strings.ToLower(filepath.Ext(name)))
}

// atTop tells whether the folder has none above it.
func (s filesState) atTop() bool { return s.Folder == "" || filepath.Dir(s.Folder) == s.Folder }

// readFolder is what is in a folder.
func readFolder(folder string) ([]fileEntry, error) {
	f, err := os.Open(folder)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var entries []fileEntry
	for {
		const atOnce, mostRead = 1000, 100_000
		part, err := f.ReadDir(atOnce)
		for _, e := range part {
			info, err := os.Stat(filepath.Join(folder, e.Name())) // where a link leads to
			if err != nil {
				continue // it is away already, or its link leads nowhere: there is nothing to choose
			}
			if info.IsDir() || info.Mode().IsRegular() {
				entries = append(entries, fileEntry{e.Name(), info.IsDir(), info.Size(), info.ModTime()})
			}
		}
		if errors.Is(err, io.EOF) || len(entries) >= mostRead {
			return entries, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// typedFile says what a typed path is: a folder to look into, a file to choose, or neither, and why.
func typedFile(path string, save bool) (folder bool, problem fileProblem) {
	if path == "" {
		return false, fileNothing
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return true, fileNone
	case err == nil && !info.Mode().IsRegular():
		return false, fileIrregular
	case err == nil && save:
		return false, fileExists
	case err == nil:
		return false, fileNone
	case !errors.Is(err, os.ErrNotExist):
		return false, fileForbidden
	case !save:
		return false, fileMissing
	}
	if above, err := os.Stat(filepath.Dir(path)); err != nil || !above.IsDir() {
		return false, fileNoFolder
	}
	return false, fileNone
}
