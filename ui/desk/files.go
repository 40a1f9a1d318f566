package desk

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// filesView is where a file is chosen: its path is typed, or it is looked for in the folders. It stands in the place of
// the page, so that it works by keyboard as everything else does.
type filesView struct {
	desk   *Desk
	state  filesState
	home   string
	cancel context.CancelFunc
	chosen func(path string)

	path *widget.Field
	list *widget.List
	act  *widget.Button
	fail *widget.Badge
	// folder is the one that is listed; none says that nothing in it can be chosen.
	folder, none *widget.Text
	all          fyne.CanvasObject
}

// pickFile asks for a file. chosen is called on the window's goroutine, and not at all when none was chosen.
func (d *Desk) pickFile(what pick, chosen func(path string)) {
	v := &filesView{desk: d, state: filesState{Pick: what, Typed: what.Save}, chosen: chosen, cancel: func() {}}
	v.home, _ = os.UserHomeDir() // without one, looking begins where the program was started
	v.build()
	d.askInPlace(v.all, &widget.Keys{Enter: v.take, Escape: d.unask}, v.stop)
	v.look(orElse(d.folder, orElse(v.home, ".")))
	d.focus(v.path.Entry)
}

func (v *filesView) build() {
	hint := text.T("files.hint")
	if v.state.Pick.Save != "" {
		hint = text.T("files.hint_save")
	}
	v.path = widget.NewField(text.T("files.path"), hint)
	v.path.OnChanged = func(typed string) { v.state.Typed, v.state.Problem = typed, fileNone }
	v.path.Entry.OnDown = func() { v.list.Focus() }
	v.path.Entry.OnEnter = v.take
	v.list = widget.NewList(v.rows,
		widget.NewCol(text.T("files.name"), 3, func() *widget.Badge { return widget.NewStatus(widget.Sign{}) },
			func(b *widget.Badge, row int) { b.Set(v.sign(row)) }),
		widget.NewCol(text.T("files.size"), 0.8, func() *widget.Text { return clipped("") },
			func(t *widget.Text, row int) { t.SetText(v.size(row)) }),
		widget.NewCol(text.T("files.changed"), 1, func() *widget.Text { return clipped("") },
			func(t *widget.Text, row int) { t.SetText(v.changed(row)) }))
	v.folder = widget.NewText("")
	v.folder.Clip, v.folder.Bold = true, true
	v.none = widget.Small("")
	v.list.OnOpen = v.open
	v.list.OnTop = v.path.Focus
	v.fail = widget.NewStatus(widget.Sign{})
	v.fail.Hide()
	v.act = widget.NewPrimary(v.state.Pick.Act, v.take)
	cancel := widget.NewButton(text.T("user.key.cancel"), v.desk.unask)
	v.all = widget.PadXY(theme.Space32, theme.Space24, container.NewBorder(nil,
		widget.PadXY(0, theme.Space8, container.NewBorder(nil, nil, cancel, v.act)), nil, nil,
		widget.Above(theme.Space12, widget.Panel(v.list), widget.Heading(v.state.Pick.Title), v.path, v.fail,
			container.New(besideLayout{theme.Space8}, widget.Picture(theme.FolderIcon.In(theme.Muted), 18), v.folder), v.none)))
}

// rows are the entries, after the way to the folder above.
func (v *filesView) rows() int { return len(v.state.Entries) + v.first() }

// first is the row of the first entry.
func (v *filesView) first() int {
	if v.state.atTop() {
		return 0
	}
	return 1
}

func (v *filesView) entry(row int) (fileEntry, bool) {
	i := row - v.first()
	if i < 0 || i >= len(v.state.Entries) {
		return fileEntry{}, false
	}
	return v.state.Entries[i], true
}

func (v *filesView) sign(row int) widget.Sign {
	e, ok := v.entry(row)
	switch {
	case !ok:
		return widget.Sign{Icon: theme.BackIcon, Color: theme.Muted, Word: text.T("files.above")}
	case e.Folder:
		return widget.Sign{Icon: theme.FolderIcon, Color: theme.Primary, Word: e.Name}
	}
	return widget.Sign{Icon: theme.FileIcon, Color: theme.Muted, Word: e.Name}
}

func (v *filesView) size(row int) string {
	if e, ok := v.entry(row); ok && !e.Folder {
		return bytesWords(e.Size)
	}
	return ""
}

func (v *filesView) changed(row int) string {
	if e, ok := v.entry(row); ok {
		return text.DateTime(e.Changed)
	}
	return ""
}

// bytesWords is a size as people read it.
func bytesWords(n int64) string {
	const step = 1000
	if n < step {
		return text.N("files.bytes", int(n))
	}
	value, unit := float64(n), ""
	for _, unit = range []string{"kB", "MB", "GB", "TB"} {
		if value /= step; value < step {
			break
		}
	}
	digits := 0
	if value < 10 {
		digits = 1
	}
	return fmt.Sprintf("%.*f %s", digits, value, unit)
}

// open looks into a folder, or takes a file.
func (v *filesView) open(row int) {
	e, ok := v.entry(row)
	switch {
	case !ok:
		v.look(filepath.Dir(v.state.Folder))
	case e.Folder:
		v.look(filepath.Join(v.state.Folder, e.Name))
	default:
		v.state.Typed = filepath.Join(v.state.Folder, e.Name)
		v.take()
	}
}

// take takes what was typed, or looks into it.
func (v *filesView) take() {
	path, save := v.state.path(v.home), v.state.Pick.Save != ""
	v.beside(func(int) func() {
		folder, problem := typedFile(path, save)
		return func() {
			switch {
			case folder:
				v.state.Typed = v.state.Pick.Save
				v.look(path)
			case problem != fileNone:
				v.state.Problem = problem
				v.render()
				v.path.Focus()
			default:
				v.desk.folder = filepath.Dir(path)
				v.desk.unask()
				v.chosen(path)
			}
		}
	})
}

// look shows what is in a folder.
func (v *filesView) look(folder string) {
	v.beside(func(n int) func() {
		if full, err := filepath.Abs(folder); err == nil {
			folder = full
		}
		entries, err := readFolder(folder)
		return func() {
			v.state = v.state.listed(n, folder, entries, err)
			v.list.ToTop()
			v.render()
		}
	})
}

// beside asks the file system beside the window's goroutine, as question n; what it answered is done unless something else
// has been asked by then.
func (v *filesView) beside(ask func(n int) (then func())) {
	v.cancel()
	ctx, cancel := context.WithCancel(v.desk.ctx)
	v.cancel = cancel
	v.state.Asked++
	v.state.Failed = nil
	n := v.state.Asked
	v.desk.beside(ctx, func(ctx context.Context) {
		then := ask(n)
		v.desk.do(func() {
			if ctx.Err() == nil {
				then()
			}
		})
	})
}

func (v *filesView) stop() { v.cancel() }

func (v *filesView) render() {
	s := v.state
	if v.path.Text() != s.Typed {
		v.path.SetText(s.Typed)
		v.path.Entry.CursorColumn = len([]rune(s.Typed))
		v.path.Entry.Refresh()
	}
	v.path.SetProblem(fileProblemWords(s.Problem))
	v.fail.Hidden = s.Failed == nil
	if s.Failed != nil {
		words := text.T("files.unreadable")
		if os.IsPermission(s.Failed) {
			words = text.T("files.problem.forbidden")
		}
		v.fail.Set(widget.Sign{Icon: theme.WarningIcon, Color: theme.Danger, Word: words})
	}
	v.folder.SetText(s.Folder)
	v.none.Hidden = len(s.Entries) > 0 || s.Failed != nil || s.Folder == ""
	v.none.SetText(text.T("files.none"))
	v.list.Changed()
	v.all.Refresh()
}

func fileProblemWords(p fileProblem) string {
	if p == fileNone {
		return ""
	}
	return text.T("files.problem." + string(p))
}
