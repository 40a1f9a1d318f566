package command

import (
	"fmt"
	"io"
)

// Run opens the desk window.
func (c *deskCommand) Run(r *run) error {
	by, err := actor()
	if err != nil {
		return err
	}
	if c.Demo {
		return r.Demo(r.ctx, by)
	}
	folder, err := r.folder()
	if err != nil {
		return err
	}
	return r.unlessTaken(folder, r.Window(r.ctx, folder, by))
}

// tourDocument is what tour --json prints.
type tourDocument struct {
	Dir string `json:"dir"`
}

// Run takes pictures of the windows.
func (c *tourCommand) Run(r *run) error {
	if err := r.Tour(r.ctx, c.Dir); err != nil {
		return fmt.Errorf("tour: %w", err)
	}
	return r.print(tourDocument{c.Dir}, func(w io.Writer) { _, _ = fmt.Fprintf(w, "The pictures are in %s.\n", clean(c.Dir)) })
}

// versionDocument is what version --json prints.
type versionDocument struct {
	Version string `json:"version"`
}

// Run prints the version.
func (c *versionCommand) Run(r *run) error {
	return r.print(versionDocument{r.Version}, func(w io.Writer) { _, _ = fmt.Fprintf(w, "tapstation %s\n", r.Version) })
}
