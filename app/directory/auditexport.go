package directory

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"tapstation/app/audit"
	"tapstation/app/sheet"
)

// AuditFormat is how the audit log is written down.
type AuditFormat string

// Formats.
const (
	AuditCSV       AuditFormat = "csv"   // a table that a spreadsheet opens: auditColumns
	AuditJSONLines AuditFormat = "jsonl" // an audit.Entry a line: what a program checks the chain by
)

// auditColumns are those of the table. Time is RFC 3339 in UTC, detail a JSON object, the hashes are in hex.
var auditColumns = []string{"seq", "time", "actor", "act", "user", "key", "detail", "prev", "hash"}

// ExportAudit writes those entries of the audit log that q asks for (Before and Limit do not count) to w, from the first
// on, and puts it on record. It returns how many there were. progress, which may be nil, is told how many entries have
// been looked at and how many there are.
func (d *Directory) ExportAudit(ctx context.Context, by string, w io.Writer, f AuditFormat, q ActivityQuery,
	progress func(done, all uint64)) (int, error) {
	write, flush, err := auditWriter(w, f)
	if err != nil {
		return 0, err
	}
	const page = 2000
	n := 0
	for from, end := uint64(1), false; !end; {
		var (
			entries []audit.Entry
			head    audit.Head
		)
		err := d.look(ctx, by, SeeActivities, func(tx Tx) (err error) {
			if entries, err = tx.Audit(AuditQuery{From: from, Limit: page}); err != nil {
				return err
			}
			head, err = tx.AuditHead()
			return err
		})
		if err != nil {
			return n, fmt.Errorf("export the audit log: %w", err)
		}
		for _, e := range entries {
			if !q.Matches(e) {
				continue
			}
			if err := write(e); err != nil {
				return n, fmt.Errorf("export audit entry %d: %w", e.Seq, err)
			}
			n++
		}
		if end = len(entries) < page; !end {
			from = entries[page-1].Seq + 1
		}
		if progress != nil {
			progress(min(from-1, head.Seq), head.Seq)
		}
	}
	if err := flush(); err != nil {
		return n, fmt.Errorf("export the audit log: %w", err)
	}
	return n, d.change(ctx, by, SeeActivities, func(tx Tx, now time.Time) error {
		return tx.AppendAudit(audit.Entry{Time: now, Actor: by, Act: audit.AuditExported,
			Detail: map[string]string{"entries": strconv.Itoa(n)}})
	})
}

// Matches tells whether an entry is one of those asked for.
func (q ActivityQuery) Matches(e audit.Entry) bool {
	return (q.User == "" || Fold(q.User) == Fold(e.User)) && (q.Key == "" || q.Key == e.Key) &&
		(q.Actor == "" || q.Actor == e.Actor) && (q.Act == "" || q.Act == e.Act) &&
		(q.Since.IsZero() || !e.Time.Before(q.Since)) && (q.Until.IsZero() || e.Time.Before(q.Until))
}

func auditWriter(w io.Writer, f AuditFormat) (write func(audit.Entry) error, flush func() error, err error) {
	switch f {
	case AuditJSONLines:
		lines := json.NewEncoder(w)
		lines.SetEscapeHTML(false)
		return func(e audit.Entry) error { return lines.Encode(e) }, func() error { return nil }, nil
	case AuditCSV:
		table, err := sheet.NewWriter(w, ',', true)
		if err != nil {
			return nil, nil, err
		}
		if err := table.Write(auditColumns...); err != nil {
			return nil, nil, err
		}
		return func(e audit.Entry) error { return writeEntry(table, e) }, table.Flush, nil
	}
	return nil, nil, fmt.Errorf("audit log as %q: there is no such format", f)
}

func writeEntry(table *sheet.Writer, e audit.Entry) error {
	detail := ""
	if len(e.Detail) > 0 {
		b, err := json.Marshal(e.Detail)
		if err != nil {
			return err
		}
		detail = string(b)
	}
	return table.Write(strconv.FormatUint(e.Seq, 10), e.Time.UTC().Format(time.RFC3339Nano), e.Actor, string(e.Act), e.User,
		e.Key, detail, hex.EncodeToString(e.Prev), hex.EncodeToString(e.Hash))
}
