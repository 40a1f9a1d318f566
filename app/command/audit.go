package command

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"tapstation/app"
	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/app/whole"
)

// activityFlags say which acts are wanted.
type activityFlags struct {
	User  string `help:"Only acts about this user." placeholder:"USER-ID"`
	Admin string `help:"Only acts by this admin; os:NAME and station name those who act without a window." placeholder:"USER-ID"`
	Act   string `help:"Only this kind of act, a word as audit list --json prints it." placeholder:"ACT"`
	Since string `help:"Only acts from then on: 2026-03-31, or 2026-03-31T09:30:00Z." placeholder:"TIME"`
	Until string `help:"Only acts up to then; a day alone is in." placeholder:"TIME"`
}

type auditListCommand struct {
	activityFlags
	pageFlags
}

type auditVerifyCommand struct{}

type auditExportCommand struct {
	activityFlags
	File   string `arg:"" help:"File to write; - prints it on standard output." type:"path"`
	Format string `help:"csv, a table for a spreadsheet, or jsonl, a JSON document a line, whose chain can be checked again where nothing is left out; without it the file's name decides." enum:"csv,jsonl," default:"" placeholder:"FORMAT"`
}

// query is what the flags ask for.
func (f activityFlags) query(ctx context.Context, d *directory.Directory) (directory.ActivityQuery, error) {
	q := directory.ActivityQuery{User: f.User, Act: audit.Act(f.Act)}
	if f.Act != "" && !slices.Contains(audit.Acts, q.Act) {
		words := make([]string, len(audit.Acts))
		for i, a := range audit.Acts {
			words[i] = string(a)
		}
		return q, misuse("--act %s: want one of %s", f.Act, strings.Join(words, ", "))
	}
	switch {
	case f.Admin == "":
	case f.Admin == directory.StationActor || strings.Contains(f.Admin, ":"):
		q.Actor = f.Admin
	default:
		q.Actor = directory.AdminActor + f.Admin
		u, _, err := d.User(ctx, f.Admin) // whoever is not there any more is found as they are written
		if err == nil {
			q.Actor = directory.AdminActor + u.ID
		} else if !errors.Is(err, directory.ErrNotFound) {
			return q, fmt.Errorf("look up admin %q: %w", f.Admin, err)
		}
	}
	var err error
	if q.Since, err = timeFlag("--since", f.Since, 0); err != nil {
		return q, err
	}
	q.Until, err = timeFlag("--until", f.Until, 1)
	return q, err
}

// timeFlag is a moment, or a day of this machine's time zone so many days on.
func timeFlag(flag, said string, days int) (time.Time, error) {
	if said == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, said); err == nil {
		return t, nil
	}
	t, err := time.ParseInLocation(time.DateOnly, said, time.Local)
	if err != nil {
		return t, misuse("%s %s: want 2026-03-31 or 2026-03-31T09:30:00Z", flag, said)
	}
	return t.AddDate(0, 0, days), nil
}

// entryDocument is an entry of the audit log in a document.
type entryDocument struct {
	Seq    uint64            `json:"seq"`
	Time   time.Time         `json:"time"`
	Actor  string            `json:"actor"`
	Act    string            `json:"act"`
	User   string            `json:"user"` // User ID; empty where it is about none
	Key    string            `json:"key"`  // key ID; likewise
	Detail map[string]string `json:"detail"`
}

// entriesDocument is what audit list --json prints, the newest first.
type entriesDocument struct {
	Entries []entryDocument `json:"entries"`
	Next    string          `json:"next"` // for --after; empty when this is all
}

// Run lists acts.
func (c *auditListCommand) Run(r *run) error {
	if c.Limit <= 0 {
		return misuse("--limit must be at least 1")
	}
	by, err := actor()
	if err != nil {
		return err
	}
	var before uint64
	if c.After != "" {
		if before, err = strconv.ParseUint(c.After, 10, 64); err != nil {
			return misuse("--after %s: want the next of an earlier list", c.After)
		}
	}
	return r.directory(func(ctx context.Context, s *app.Station) error {
		q, err := c.query(ctx, s.Directory)
		if err != nil {
			return err
		}
		doc := entriesDocument{Entries: []entryDocument{}}
		q.Before = before
		for first := true; first || q.Before != 0 && len(doc.Entries) < c.Limit; first = false {
			q.Limit = min(c.Limit-len(doc.Entries), maxPage)
			page, err := s.Directory.Activities(ctx, by, q)
			if err != nil {
				return fmt.Errorf("list what was done: %w", err)
			}
			for _, e := range page.Entries {
				doc.Entries = append(doc.Entries, newEntryDocument(e))
			}
			q.Before = page.Next
		}
		if q.Before != 0 {
			doc.Next = strconv.FormatUint(q.Before, 10)
		}
		return r.print(doc, func(w io.Writer) { entriesTable(w, doc) })
	})
}

func newEntryDocument(e audit.Entry) entryDocument {
	d := entryDocument{Seq: e.Seq, Time: e.Time.UTC(), Actor: e.Actor, Act: string(e.Act), User: e.User, Key: e.Key, Detail: e.Detail}
	if d.Detail == nil {
		d.Detail = map[string]string{}
	}
	return d
}

func entriesTable(w io.Writer, doc entriesDocument) {
	rows := make([][]string, len(doc.Entries))
	for i, e := range doc.Entries {
		var particulars []string
		for name, value := range e.Detail {
			particulars = append(particulars, name+"="+oneLine(value))
		}
		slices.Sort(particulars)
		rows[i] = []string{strconv.FormatUint(e.Seq, 10), shortly(e.Time), e.Actor, e.Act, orDash(e.User), orDash(e.Key),
			orDash(strings.Join(particulars, ", "))}
	}
	table(w, []string{"SEQ", "TIME", "BY", "ACT", "USER ID", "KEY ID", "PARTICULARS"}, rows)
	more(w, doc.Next)
}

// verifiedDocument is what audit verify --json prints.
type verifiedDocument struct {
	Entries uint64 `json:"entries"` // checked
	Hash    string `json:"hash"`    // of the last of them, hex: kept elsewhere, it proves that none was taken away
}

// Run checks the chain of the audit log.
func (c *auditVerifyCommand) Run(r *run) error {
	by, err := actor()
	if err != nil {
		return err
	}
	return r.directory(func(ctx context.Context, s *app.Station) error {
		last, err := s.Directory.Audit(ctx, by, directory.AuditQuery{Last: 1})
		if err == nil {
			err = s.Directory.VerifyAudit(ctx, by)
		}
		if err != nil {
			return fmt.Errorf("verify the audit log: %w", err)
		}
		var doc verifiedDocument
		for _, e := range last {
			doc = verifiedDocument{e.Seq, hex.EncodeToString(e.Hash)}
		}
		return r.print(doc, func(w io.Writer) {
			_, _ = fmt.Fprintf(w, "Checked %s: nothing was changed afterwards.\n", countOf(int(doc.Entries), "entry", "entries"))
		})
	})
}

// auditExportDocument is what audit export --json prints.
type auditExportDocument struct {
	File    string `json:"file"`
	Format  string `json:"format"`
	Entries int    `json:"entries"`
}

// Run exports the audit log.
func (c *auditExportCommand) Run(r *run) error {
	if c.File == "-" && r.JSON {
		return misuse("--json prints a document on standard output: give a file")
	}
	by, err := actor()
	if err != nil {
		return err
	}
	format := directory.AuditFormat(c.Format)
	if format == "" {
		format = directory.AuditJSONLines
		if strings.EqualFold(filepath.Ext(c.File), ".csv") {
			format = directory.AuditCSV
		}
	}
	return r.directory(func(ctx context.Context, s *app.Station) error {
		q, err := c.query(ctx, s.Directory)
		if err != nil {
			return err
		}
		n := 0
		write := func(w io.Writer) (err error) {
			n, err = s.Directory.ExportAudit(ctx, by, w, format, q, nil)
			return err
		}
		if c.File == "-" {
			return write(r.Stdout)
		}
		if err := whole.Write(c.File, write); err != nil {
			return fmt.Errorf("export the audit log to %s: %w", c.File, err)
		}
		return r.print(auditExportDocument{c.File, string(format), n}, func(w io.Writer) {
			_, _ = fmt.Fprintf(w, "Exported %s to %s.\n", countOf(n, "entry", "entries"), clean(c.File))
		})
	})
}
