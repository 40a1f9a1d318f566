package directory_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/app/sheet"
)

func TestExportedAuditLogStillProvesItself(t *testing.T) {
	d := open(t)
	for _, id := range []string{"ada", "=cmd|'/c calc'!A1", "grace"} {
		if _, err := d.AddUser(t.Context(), by, directory.User{ID: id}); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	n, err := d.ExportAudit(t.Context(), by, &out, directory.AuditJSONLines, directory.ActivityQuery{}, nil)
	if err != nil || n != 3 {
		t.Fatalf("ExportAudit = %d, %v, want 3 entries", n, err)
	}
	var chain audit.Chain
	for lines := bufio.NewScanner(&out); lines.Scan(); {
		var e audit.Entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		if err := chain.Add(e); err != nil {
			t.Errorf("an exported entry: %v", err)
		}
	}
	if chain.Next() != 4 {
		t.Errorf("the chain of what was exported goes on with %d, want 4", chain.Next())
	}
	last, err := d.Audit(t.Context(), by, directory.AuditQuery{Last: 1})
	if err != nil || len(last) != 1 || last[0].Act != audit.AuditExported {
		t.Errorf("the last entry is %+v, %v, want that of the export", last, err)
	}
}

func TestExportedTableRunsNothing(t *testing.T) {
	d := open(t)
	const nasty = "=cmd|'/c calc'!A1"
	if _, err := d.AddUser(t.Context(), by, directory.User{ID: nasty}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.AddUser(t.Context(), by, directory.User{ID: "ada"}); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if n, err := d.ExportAudit(t.Context(), by, &out, directory.AuditCSV, directory.ActivityQuery{User: nasty}, nil); n != 1 || err != nil {
		t.Fatalf("ExportAudit = %d, %v, want the one entry asked for", n, err)
	}
	if text := out.String(); strings.Contains(text, ",=") || strings.Contains(text, ",\"=") {
		t.Errorf("a cell begins a formula:\n%s", text)
	}
	file := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(out.Bytes())), nil }
	f, err := sheet.Look(file, sheet.Format{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := sheet.NewReader(bytes.NewReader(out.Bytes()), f)
	if err != nil {
		t.Fatal(err)
	}
	for want := range 2 {
		rec, err := r.Read()
		if err != nil {
			t.Fatal(err)
		}
		if want == 1 && rec.Cells[4].Text != nasty {
			t.Errorf("the user comes back as %q, want %q", rec.Cells[4].Text, nasty)
		}
	}
}

func TestOnlyWhoMaySeesExports(t *testing.T) {
	d := open(t)
	if _, err := d.ExportAudit(t.Context(), "admin:nobody", io.Discard, directory.AuditCSV, directory.ActivityQuery{}, nil); !errors.Is(err, directory.ErrForbidden) {
		t.Errorf("ExportAudit by nobody: %v, want ErrForbidden", err)
	}
}
