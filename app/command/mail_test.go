package command

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	"tapstation/app/mail"
)

// TestEveryTroubleSaysWhatToDo finds every kind of trouble that app/mail declares.
func TestEveryTroubleSaysWhatToDo(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../mail/trouble.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	codes := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); !ok || kind.Name != "TroubleKind" {
			return true
		}
		word, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		f := explain(fmt.Errorf("send a test: %w", &mail.Trouble{Kind: mail.TroubleKind(word)}))
		if f.Code == "failed" || f.Hint == "" || codes[f.Code] {
			t.Errorf("%s: code %q, hint %q; want a code of its own and what to do", word, f.Code, f.Hint)
		}
		if f.Message == "send a test: " {
			t.Errorf("%s: there are no words for it", word)
		}
		codes[f.Code] = true
		return true
	})
	if len(codes) < 14 {
		t.Errorf("found %d kinds of trouble, want at least 14: is this test still reading the right file?", len(codes))
	}
}
