package desk

import (
	"context"
	"io"
	"path/filepath"
	"strings"

	"tapstation/app/directory"
	"tapstation/app/whole"
)

// exportAudit writes those activities that q asks for to a file: a table where its name ends in .csv, else lines of JSON.
func (d *Desk) exportAudit(ctx context.Context, path string, q directory.ActivityQuery) (n int, err error) {
	format := directory.AuditJSONLines
	if strings.EqualFold(filepath.Ext(path), ".csv") {
		format = directory.AuditCSV
	}
	err = whole.Write(path, func(w io.Writer) (err error) {
		n, err = d.station.Directory.ExportAudit(ctx, d.actor(), w, format, q, nil)
		return err
	})
	return n, err
}
