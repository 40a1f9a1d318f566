package desk

import (
	"context"
	"path/filepath"

	"tapstation/app/bulk"
	"tapstation/assets/text"
)

// askExport asks for the file that those chosen are to be written to.
func (p *usersPage) askExport() {
	name := "users-" + p.desk.now().Format("2006-01-02") + ".csv"
	p.desk.pickFile(pick{Title: text.T("users.export.title"), Act: text.T("files.save"), Save: name, Extensions: []string{".csv"}}, p.export)
}

// export writes those chosen to a file. It is as it was until the new one is complete.
func (p *usersPage) export(path string) {
	c, query := p.state.Chosen, p.state.Query
	dir, by := p.desk.station.Directory, p.desk.actor()
	of := -1
	if n, known := p.state.chosenCount(); known {
		of = n
	}
	said := func(done int) string {
		return text.N("users.export.done", done, "Number", text.Number(done), "File", filepath.Base(path))
	}
	p.job = p.desk.start(text.T("users.export.doing"), of, said, func() {
		if j := p.job; j != nil && j.state.Over {
			if j.state.Err != nil || j.state.Stopped {
				j.state.Done, j.state.Said = 0, text.T("users.export.not") // half a file is none
			} else {
				p.state.Chosen = chosen{}
			}
		}
		p.render()
	}, func(ctx context.Context, done report) error {
		e := bulk.Export{Directory: dir, Query: query, Mark: true} // with the mark, Excel reads UTF-8 as such
		if !c.All || len(c.named) > 0 {
			e.Users = []string{}
			err := eachChosen(ctx, dir, c, query, func(people []person) error {
				for _, who := range people {
					e.Users = append(e.Users, who.ID)
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		last := 0
		_, err := e.File(ctx, by, path, func(now bulk.Progress) {
			done(now.Lines - last)
			last = now.Lines
		})
		return err
	})
	p.renderBar()
}
