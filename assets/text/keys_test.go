package text

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// root is the folder of the module.
const root = "../.."

// speaking are the folders whose code names sentences.
var speaking = []string{"ui", "app/command", "app/mail/letter", "app/portal", "assets/text"}

// TestTranslationsSayTheSame holds every language to English: the same keys, the same plural forms where both
// languages have them, and the same placeholders.
func TestTranslationsSayTheSame(t *testing.T) {
	en := sentences(t, "en")
	names, err := languages()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names[1:] {
		other := sentences(t, name)
		for key, forms := range en {
			theirs, ok := other[key]
			if !ok {
				t.Errorf("%s lacks %q", name, key)
				continue
			}
			for form, words := range theirs {
				if strings.TrimSpace(words) == "" {
					t.Errorf("%s says nothing for %q", name, key)
				}
				english, ok := forms[form]
				if !ok {
					t.Errorf("%s has the form %q of %q, which English has not", name, form, key)
				}
				if got, want := placeholders(words), placeholders(english); !slices.Equal(got, want) {
					t.Errorf("%s: %q has the placeholders %v, want those of English, %v", name, key, got, want)
				}
			}
		}
		for key := range other {
			if _, ok := en[key]; !ok {
				t.Errorf("%s has %q, which English has not", name, key)
			}
		}
	}
}

// TestEveryKeyInTheCodeIsTranslatedAndEveryTranslationUsed reads the code for strings that are keys, or that keys
// begin with ("key.state." + …).
func TestEveryKeyInTheCodeIsTranslatedAndEveryTranslationUsed(t *testing.T) {
	en := sentences(t, "en")
	areas := map[string]bool{} // what comes before the first dot of a key
	for key := range en {
		if area, _, dotted := strings.Cut(key, "."); dotted {
			areas[area] = true
		}
	}
	used := map[string]bool{}
	for literal, place := range literals(t) {
		area, _, dotted := strings.Cut(literal.words, ".")
		if !dotted || !isKey.MatchString(literal.words) {
			continue
		}
		begins := strings.HasSuffix(literal.words, ".")
		found := false
		for key := range en {
			if key == literal.words || begins && strings.HasPrefix(key, literal.words) {
				used[key], found = true, true
			}
		}
		if !found && (literal.said || areas[area] && begins) {
			t.Errorf("%s names %q, which is not in en", place, literal.words)
		}
	}
	toolkit := toolkitKeys(t)
	for key := range en {
		if !used[key] && !slices.Contains(toolkit, key) {
			t.Errorf("en has %q, which nothing uses", key)
		}
	}
	for _, key := range toolkit {
		if _, ok := en[key]; !ok {
			t.Errorf("en lacks %q, which Fyne says", key)
		}
	}
}

// TestEveryFindingOfTheDoctorIsTranslated reads the doctor's words from its code, where they are constants.
func TestEveryFindingOfTheDoctorIsTranslated(t *testing.T) {
	en := sentences(t, "en")
	for kind, prefix := range map[string]string{"Detail": "doctor.detail.", "Remedy": "doctor.remedy."} {
		words := constants(t, filepath.Join(root, "app/doctor/text.go"), kind)
		if len(words) == 0 {
			t.Errorf("app/doctor/text.go has no constants of type %s any more: this test guards nothing", kind)
		}
		for _, w := range words {
			if _, ok := en[prefix+w]; !ok {
				t.Errorf("en lacks %q, which the doctor may find", prefix+w)
			}
			delete(en, prefix+w)
		}
		for key := range en {
			if strings.HasPrefix(key, prefix) {
				t.Errorf("en has %q, which the doctor never finds", key)
			}
		}
	}
}

var (
	isKey       = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*\.?$`)
	placeholder = regexp.MustCompile(`{{\.(\w+)}}`)
)

func placeholders(words string) []string {
	found := map[string]bool{}
	for _, m := range placeholder.FindAllStringSubmatch(words, -1) {
		if m[1] != "Count" { // "one key" need not say 1
			found[m[1]] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// sentences are the forms of every key of a language; a sentence without plural has the one form "other".
func sentences(t *testing.T, language string) map[string]map[string]string {
	t.Helper()
	b, err := Messages(language)
	if err != nil {
		t.Fatal(err)
	}
	var raw map[string]any
	if err := json.Unmarshal(b, &raw); err != nil {
		t.Fatalf("%s: %v", language, err)
	}
	all := map[string]map[string]string{}
	for key, v := range raw {
		all[key] = map[string]string{}
		switch v := v.(type) {
		case string:
			all[key]["other"] = v
		case map[string]any:
			for form, words := range v {
				all[key][form], _ = words.(string)
			}
		default:
			t.Errorf("%s: %q is neither a sentence nor its plural forms", language, key)
		}
	}
	return all
}

// literal is a string in the code.
type literal struct {
	words string
	said  bool // it is the key given to T or N
}

// literals are the strings in the code of the folders that speak, and a place of each.
func literals(t *testing.T) map[literal]string {
	t.Helper()
	all := map[literal]string{}
	files := token.NewFileSet()
	for _, folder := range speaking {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			keys := map[ast.Node]bool{}
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.ImportSpec:
					return false
				case *ast.CallExpr:
					if key := saidKey(n); key != nil {
						keys[key] = true
					}
				case *ast.BasicLit:
					if words, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING {
						all[literal{words, keys[n]}] = files.Position(n.Pos()).String()
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	inPages(t, all)
	return all
}

// inPages adds the strings in the templates of the portal, where {{.T "KEY"}} says one.
func inPages(t *testing.T, all map[literal]string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "assets/web/*.html"))
	if err != nil || len(files) == 0 {
		t.Fatalf("the pages of the portal are not where they were: %v", err)
	}
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range inTemplate.FindAllStringSubmatch(string(b), -1) {
			all[literal{m[2], m[1] != ""}] = path
		}
	}
}

var inTemplate = regexp.MustCompile(`(\.T )?"(portal\.[a-z0-9_.]*)"`)

// saidKey is the literal that a call of T or N is given as its key, or nil.
func saidKey(c *ast.CallExpr) ast.Node {
	name := ""
	switch f := c.Fun.(type) {
	case *ast.SelectorExpr:
		if p, ok := f.X.(*ast.Ident); ok && p.Name == "text" {
			name = f.Sel.Name
		}
	case *ast.Ident:
		name = f.Name
	}
	if name != "T" && name != "N" || len(c.Args) == 0 {
		return nil
	}
	if l, ok := c.Args[0].(*ast.BasicLit); ok {
		return l
	}
	return nil
}

// constants are the values of the string constants of a type in a file.
func constants(t *testing.T, path, kind string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if of, ok := spec.Type.(*ast.Ident); !ok || of.Name != kind {
			return true
		}
		for _, v := range spec.Values {
			if l, ok := v.(*ast.BasicLit); ok {
				if words, err := strconv.Unquote(l.Value); err == nil {
					all = append(all, words)
				}
			}
		}
		return true
	})
	return all
}

// toolkitKeys are the sentences that Fyne's own widgets say.
func toolkitKeys(t *testing.T) []string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "fyne.io/fyne/v2").Output()
	if err != nil {
		t.Fatalf("where Fyne's source is: %v", err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(out)), "lang/translations/base.en.json"))
	if err != nil || len(files) != 1 {
		t.Fatalf("Fyne's English sentences are not where they were: %v, %v", files, err)
	}
	return slices.Sorted(maps.Keys(readKeys(t, files[0])))
}

func readKeys(t *testing.T, path string) map[string]any {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var keys map[string]any
	if err := json.Unmarshal(b, &keys); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return keys
}
