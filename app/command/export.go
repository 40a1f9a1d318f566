package command

import (
	"context"
	"fmt"
	"io"

	"tapstation/app"
	"tapstation/app/bulk"
	"tapstation/app/directory"
)

type usersExportCommand struct {
	File      string `arg:"" help:"CSV file to write; - prints it on standard output." type:"path"`
	Query     string `help:"Only users with words that begin like these." placeholder:"WORDS"`
	Group     string `help:"Only users of this group." placeholder:"NAME"`
	Keys      string `help:"Only users by their keys: pending, active, disabled, revoked, no_active or pinless." enum:"pending,active,disabled,revoked,no_active,pinless," default:"" placeholder:"WHICH"`
	Delimiter string `help:"What stands between cells: comma, semicolon, tab, bar or the character itself." default:"comma" placeholder:"CHARACTER"`
	Language  bool   `help:"With a column for the language of a user's mails."`
	BOM       bool   `help:"Begin with a byte order mark, which Excel needs to read other letters than English ones." name:"bom"`
}

// exportDocument is what users export --json prints.
type exportDocument struct {
	File  string `json:"file"`
	Users int    `json:"users"`
}

// Run exports users.
func (c *usersExportCommand) Run(r *run) error {
	by, err := actor()
	if err != nil {
		return err
	}
	between, err := delimiter(c.Delimiter)
	if err != nil {
		return err
	}
	if c.File == "-" && r.JSON {
		return misuse("--json prints a document on standard output: give a file")
	}
	return r.directory(func(ctx context.Context, s *app.Station) error {
		e := &bulk.Export{
			Directory: s.Directory, Delimiter: between, Mark: c.BOM, Language: c.Language,
			Query: directory.UserQuery{Text: c.Query, Group: c.Group, Keys: directory.Holding(c.Keys)},
		}
		if c.File == "-" {
			e.Name = "standard output"
			_, err := e.Write(ctx, by, r.Stdout, r.progress("Exported"))
			return err
		}
		n, err := e.File(ctx, by, c.File, r.progress("Exported"))
		if err != nil {
			return err
		}
		doc := exportDocument{File: c.File, Users: n}
		return r.print(doc, func(w io.Writer) { _, _ = fmt.Fprintf(w, "Exported %d users to %s.\n", n, clean(c.File)) })
	})
}
