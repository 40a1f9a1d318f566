package admin_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryActIsInTheTable reads the packages and finds every exported function that is told who acts: by a string called
// by or actor, or by a record of its package with an Actor.
func TestEveryActIsInTheTable(t *testing.T) {
	found := map[string]bool{}
	err := filepath.WalkDir("..", func(folder string, e fs.DirEntry, err error) error {
		if err != nil || !e.IsDir() {
			return err
		}
		if e.Name() == "command" { // the command line is an actor itself
			return filepath.SkipDir
		}
		for _, name := range actsOf(t, folder) {
			found[name] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for name := range acts {
		method, _, _ := strings.Cut(name, " (")
		listed[method] = true
	}
	for name := range found {
		if !listed[name] && unasked[name] == "" {
			t.Errorf("%s is told who acts, but is not in the table of acts", name)
		}
	}
	for name := range listed {
		if !found[name] {
			t.Errorf("%s is in the table of acts, but is told of nobody who acts", name)
		}
		if unasked[name] != "" {
			t.Errorf("%s is in both tables", name)
		}
	}
	if len(found) < 35 {
		t.Errorf("found %d acts, want at least 35: is this test still reading the right folders?", len(found))
	}
}

func actsOf(t *testing.T, folder string) (names []string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	records := map[string]bool{}
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok && asks(spec) {
				records[spec.Name.Name] = true
			}
			return true
		})
	}
	for _, file := range files {
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || !f.Name.IsExported() || !toldWhoActs(f, records) {
				continue
			}
			name := filepath.Base(folder) + "."
			if f.Recv != nil {
				recv := typeName(f.Recv.List[0].Type)
				if !ast.IsExported(recv) {
					continue
				}
				name += recv + "."
			}
			names = append(names, name+f.Name.Name)
		}
	}
	return names
}

// asks tells whether a record says who asks for an act. A record of what was done, or a query of it, has an Act or an ID
// besides.
func asks(spec *ast.TypeSpec) bool {
	s, ok := spec.Type.(*ast.StructType)
	if !ok {
		return false
	}
	actor, done := false, false
	for _, field := range s.Fields.List {
		for _, name := range field.Names {
			actor = actor || name.Name == "Actor"
			done = done || name.Name == "Act" || name.Name == "ID"
		}
	}
	return actor && !done
}

func toldWhoActs(f *ast.FuncDecl, records map[string]bool) bool {
	for _, p := range f.Type.Params.List {
		if records[typeName(p.Type)] {
			return true
		}
		if typeName(p.Type) != "string" {
			continue
		}
		for _, name := range p.Names {
			if name.Name == "by" || name.Name == "actor" {
				return true
			}
		}
	}
	return false
}

func typeName(e ast.Expr) string {
	if star, ok := e.(*ast.StarExpr); ok {
		e = star.X
	}
	if id, ok := e.(*ast.Ident); ok {
		return id.Name
	}
	return ""
}
