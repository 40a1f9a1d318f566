// Package architecture holds the house rules about who may know whom, as a test. CONTRIBUTING.md draws the house.
package architecture

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// rules say what a package must never know, directly or through what it imports. Tests are free: they may put real parts
// together. "X/..." is X and all below it, as for the go command; "X/" is what is below X without X itself; "cgo"
// is C code outside of Go's own library.
var rules = []struct {
	who   string
	never []string
	why   string
}{
	{
		"tapstation/device",
		[]string{"tapstation/...", "cgo"},
		"the contract is pure Go, so that everything above can be tested without a reader",
	},
	{
		"tapstation/device/",
		[]string{"tapstation/app/...", "tapstation/ui/...", "tapstation/storage/...", "fyne.io/..."},
		"a driver serves whoever is above and knows nobody there",
	},
	{
		"tapstation/device/virtual",
		[]string{"cgo"},
		"the card in software runs where there is no reader and no compiler",
	},
	{
		"tapstation/app/...",
		[]string{"cgo", "fyne.io/...", "go.etcd.io/bbolt/...", "tapstation/ui/...", "tapstation/device/", "tapstation/storage/..."},
		"what the station does depends on no window, driver or database",
	},
	{
		"tapstation/storage/...",
		[]string{"cgo", "fyne.io/...", "tapstation/ui/...", "tapstation/device/"},
		"a store keeps the records of app and knows neither who shows nor who taps them",
	},
	{
		"tapstation/ui/...",
		[]string{"go.etcd.io/bbolt/...", "tapstation/device/", "tapstation/storage/..."},
		"a window asks app; only main.go knows the drivers and stores behind it",
	},
	{
		"tapstation/assets/...",
		[]string{"fyne.io/...", "tapstation/app/...", "tapstation/ui/...", "tapstation/device/...", "tapstation/storage/..."},
		"words and pictures know nobody",
	},
}

func TestEveryPackageKnowsOnlyWhatItMay(t *testing.T) {
	for _, system := range []string{"linux", "windows", "darwin"} {
		t.Run(system, func(t *testing.T) {
			house := listPackages(t, system)
			for _, rule := range rules {
				held := false
				for who := range house {
					if !matches(rule.who, who) {
						continue
					}
					held = true
					if path := house.pathTo(who, rule.never); path != nil {
						t.Errorf("%s must not be there: %s", strings.Join(path, " imports "), rule.why)
					}
				}
				if !held {
					t.Errorf("there is no package %s any more: the rule about it guards nothing", rule.who)
				}
			}
		})
	}
}

func TestAForbiddenImportIsFoundHoweverFarAway(t *testing.T) {
	house := imports{
		"app":    {"app/a", "fmt"},
		"app/a":  {"module"},
		"module": {"cgo"},
		"fmt":    {},
	}
	got := house.pathTo("app", []string{"fyne.io/...", "cgo"})
	want := []string{"app", "app/a", "module", "cgo"}
	if !slices.Equal(got, want) {
		t.Errorf("path to what is forbidden: got %v, want %v", got, want)
	}
	if got := house.pathTo("module", []string{"fyne.io/...", "fmt"}); got != nil {
		t.Errorf("nothing forbidden is below module, but %v was found", got)
	}
}

func TestPatternsMeanWholeNames(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"device", "device", true},
		{"device", "device/pcsc", false},
		{"device/", "device", false},
		{"device/", "device/pcsc", true},
		{"device/...", "device", true},
		{"device/...", "device/pcsc", true},
		{"device/...", "devices", false},
	} {
		if got := matches(c.pattern, c.name); got != c.want {
			t.Errorf("%s matches %s: got %v, want %v", c.pattern, c.name, got, c.want)
		}
	}
}

// imports maps each package to what it imports; "cgo" stands for C code.
type imports map[string][]string

// listPackages asks the go command for our packages and all that they are built from on the system.
func listPackages(t *testing.T, system string) imports {
	t.Helper()
	lookAtEveryFolder(t)
	list := exec.Command("go", "list", "-deps", "-tags=migrated_fynedo", "-json=ImportPath,Imports,CgoFiles,Standard", "tapstation/...")
	list.Env = append(os.Environ(), "GOOS="+system, "GOARCH=amd64", "CGO_ENABLED=1")
	list.Stderr = os.Stderr
	answer, err := list.Output()
	if err != nil {
		t.Fatalf("%v: %v", list, err)
	}
	house := imports{}
	for decoder := json.NewDecoder(strings.NewReader(string(answer))); ; {
		var p struct {
			ImportPath string
			Imports    []string
			CgoFiles   []string
			Standard   bool
		}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return house
		} else if err != nil {
			t.Fatalf("read what %v said: %v", list, err)
		}
		switch {
		case p.Standard:
			p.Imports = nil
		case len(p.CgoFiles) > 0:
			p.Imports = append(p.Imports, "cgo")
		}
		house[p.ImportPath] = p.Imports
	}
}

// lookAtEveryFolder makes the result of this test go stale when anything in the house changes: the go command keeps a
// result until something changes that the test itself, not a command it runs, has looked at.
func lookAtEveryFolder(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && (d.Name() == ".git" || d.Name() == "build") {
			return fs.SkipDir
		}
		return err
	})
	if err != nil {
		t.Fatalf("look through the house: %v", err)
	}
}

// pathTo is the shortest chain of imports from a package to one that matches a pattern, or nil.
func (house imports) pathTo(from string, patterns []string) []string {
	cameFrom := map[string]string{from: ""}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		for _, next := range house[queue[0]] {
			if _, seen := cameFrom[next]; seen {
				continue
			}
			cameFrom[next] = queue[0]
			if !slices.ContainsFunc(patterns, func(pattern string) bool { return matches(pattern, next) }) {
				queue = append(queue, next)
				continue
			}
			var path []string
			for at := next; at != ""; at = cameFrom[at] {
				path = append(path, at)
			}
			slices.Reverse(path)
			return path
		}
	}
	return nil
}

// matches tells whether a package is named by a pattern.
func matches(pattern, name string) bool {
	if tree, found := strings.CutSuffix(pattern, "/..."); found {
		return name == tree || strings.HasPrefix(name, tree+"/")
	}
	if strings.HasSuffix(pattern, "/") {
		return strings.HasPrefix(name, pattern)
	}
	return name == pattern
}
