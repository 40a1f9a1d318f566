package bulk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"tapstation/app/directory"
	"tapstation/app/sheet"
)

// exportPage is how many users are read at a time.
const exportPage = 1000

// Export writes users as a file that an import takes back without changing anything, and in which a spreadsheet runs
// nothing (package sheet).
type Export struct {
	Directory *directory.Directory
	// Query says which users, in its order; its After and Limit do not count. Users are chosen ones instead, by ID.
	Query directory.UserQuery
	Users []string

	// Language adds the column of that name. Without it the columns are those every version has written.
	Language bool

	Delimiter byte // 0: a comma
	// Mark puts a byte order mark first, which Excel needs to read UTF-8 as such.
	Mark bool
	// Name is where it goes to, for the audit log.
	Name string
}

// Write writes the users and returns how many there were. That they are exported is on record before the first is
// written.
func (e *Export) Write(ctx context.Context, by string, w io.Writer, progress func(Progress)) (int, error) {
	if err := e.Directory.RecordExport(ctx, by, e.detail()); err != nil {
		return 0, err
	}
	delimiter := e.Delimiter
	if delimiter == 0 {
		delimiter = ','
	}
	s, err := sheet.NewWriter(w, delimiter, e.Mark)
	if err != nil {
		return 0, err
	}
	var header []string
	for _, f := range Fields {
		if f != Language || e.Language {
			header = append(header, string(f))
		}
	}
	if err := s.Write(header...); err != nil {
		return 0, fmt.Errorf("write the names of the columns: %w", err)
	}
	n, cells := 0, make([]string, 0, len(header))
	err = e.pages(ctx, by, func(users []directory.User) error {
		for _, u := range users {
			cells = append(cells[:0], u.ID, u.UserName, u.FirstName, u.LastName, u.Email, strings.Join(u.Groups, ";"))
			if e.Language {
				cells = append(cells, u.Language)
			}
			if err := s.Write(cells...); err != nil {
				return fmt.Errorf("write user %q: %w", u.ID, err)
			}
			n++
		}
		if progress != nil {
			progress(Progress{Lines: n})
		}
		return nil
	})
	if err != nil {
		return n, err
	}
	if err := s.Flush(); err != nil {
		return n, fmt.Errorf("write users: %w", err)
	}
	return n, nil
}

// detail says what is exported, for the audit log.
func (e *Export) detail() map[string]string {
	d := map[string]string{}
	add := func(name, value string) {
		if value != "" {
			d[name] = value
		}
	}
	add("file", e.Name)
	if e.Users != nil {
		add("chosen", fmt.Sprint(len(e.Users)))
		return d
	}
	add("query", e.Query.Text)
	add("group", e.Query.Group)
	add("keys", string(e.Query.Keys))
	add("disabled", string(e.Query.Disabled))
	return d
}

// pages gives all users page by page.
func (e *Export) pages(ctx context.Context, by string, do func([]directory.User) error) error {
	if e.Users != nil {
		for from := 0; from < len(e.Users); from += exportPage {
			users, err := e.Directory.ExportUsersByID(ctx, by, e.Users[from:min(from+exportPage, len(e.Users))])
			if err != nil {
				return err
			}
			if err := do(users); err != nil {
				return err
			}
		}
		return nil
	}
	q := e.Query
	q.After, q.Limit = "", exportPage
	for {
		page, err := e.Directory.ExportPage(ctx, by, q)
		if err != nil {
			return err
		}
		if err := do(page.Users); err != nil {
			return err
		}
		if page.Next == "" {
			return nil
		}
		q.After = page.Next
	}
}

// File writes the users to a file that only its owner reads (0600). It takes the place of what was there only when it is
// complete.
func (e *Export) File(ctx context.Context, by, path string, progress func(Progress)) (n int, err error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return 0, &fs.PathError{Op: "write", Path: path, Err: ErrNotAFile}
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".tapstation-*.csv") // 0600
	if err != nil {
		return 0, fmt.Errorf("make the file: %w", err)
	}
	defer func() {
		if err != nil {
			_ = temp.Close() // it may be closed already
			err = errors.Join(err, os.Remove(temp.Name()))
		}
	}()
	named := *e
	if named.Name == "" {
		named.Name = filepath.Base(path)
	}
	if n, err = named.Write(ctx, by, temp, progress); err != nil {
		return n, err
	}
	if err = temp.Sync(); err != nil {
		return n, fmt.Errorf("write the file: %w", err)
	}
	if err = temp.Close(); err != nil {
		return n, fmt.Errorf("write the file: %w", err)
	}
	if err = os.Rename(temp.Name(), path); err != nil {
		return n, fmt.Errorf("put the file in its place: %w", err)
	}
	return n, nil
}
