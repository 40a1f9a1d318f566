package desk

import (
	"context"
	"errors"
	"path/filepath"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/backup"
	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// backupView is the section of the settings that makes backups and restores them.
type backupView struct {
	desk   *Desk
	state  backupState
	cancel context.CancelFunc

	save, restore *widget.Button
	stopping      *widget.Button
	bar           *widget.Progress
	working       *widget.Text
	saved, failed *fyne.Container // what came of it
	progress      fyne.CanvasObject
	all           fyne.CanvasObject
}

// backupKinds are how backups are called.
var backupKinds = []string{".zip"}

func newBackupView(d *Desk) *backupView {
	v := &backupView{desk: d, cancel: func() {}, bar: widget.NewProgress(), working: widget.NewText(""),
		saved: container.NewStack(), failed: container.NewStack()}
	v.save = widget.NewPrimary(text.T("backup.save"), v.askSave).WithIcon(theme.ExportIcon)
	v.restore = widget.NewButton(text.T("backup.restore"), v.askFile).WithIcon(theme.ImportIcon)
	v.stopping = widget.NewButton(text.T("job.stop"), v.stop)
	v.progress = widget.Panel(widget.PadXY(theme.Space16, theme.Space12, widget.Column(theme.Space8,
		widget.Between(v.working, v.stopping), v.bar)))
	rows := []fyne.CanvasObject{
		widget.Title(text.T("settings.section.backup")), widget.Hint(text.T("backup.about")),
		widget.NewParagraph(text.T("backup.guard")), container.NewHBox(v.save), v.saved,
	}
	if d.may(directory.Restore) {
		rows = append(rows, widget.PadXY(0, theme.Space8, widget.Rule()), widget.Title(text.T("backup.restore_title")),
			widget.NewParagraph(text.T("backup.restore_about")), container.NewHBox(v.restore))
	}
	rows = append(rows, v.progress, v.failed)
	v.all = container.NewVScroll(roomForRings(widget.AtMost(settingsWidth, widget.Column(theme.Space12, rows...))))
	v.render()
	return v
}

func (v *backupView) content() fyne.CanvasObject { return v.all }

func (v *backupView) shown() {}

func (v *backupView) left() {
	v.cancel()
	v.state = backupState{Asked: v.state.Asked + 1}
	v.render()
}

// leave asks before something that is being done is stopped.
func (v *backupView) leave(then func()) {
	if v.state.Work == backupIdle {
		then()
		return
	}
	v.desk.ask(widget.QuestionText{
		Title: text.T("backup.leave.title"), Text: v.state.words() + " " + text.T("backup.leave.text"),
		Act: text.T("leave.act"), Cancel: text.T("leave.cancel"), Danger: true,
	}, then)
}

func (v *backupView) first() fyne.Focusable { return v.save }

func (v *backupView) askSave() {
	if v.state.Work != backupIdle {
		return
	}
	name := "tapstation-" + v.desk.now().Format("2006-01-02") + ".zip"
	v.desk.pickFile(pick{Title: text.T("backup.save_title"), Act: text.T("files.save"), Save: name, Extensions: backupKinds}, v.saveTo)
}

// saveTo makes a backup in a file.
func (v *backupView) saveTo(path string) {
	by := v.desk.actor()
	v.begin(backupSaving, path, func(ctx context.Context, n int) (backup.Summary, error) {
		return v.desk.station.Backup.Save(ctx, by, path, func(done, size int64) {
			v.desk.do(func() {
				if n == v.state.Asked && v.state.Work == backupSaving {
					v.state.Done, v.state.Size = done, size
					v.renderProgress()
				}
			})
		})
	}, func() { v.desk.focus(v.save) })
}

func (v *backupView) askFile() {
	if v.state.Work == backupIdle {
		v.desk.pickFile(pick{Title: text.T("backup.choose_title"), Act: text.T("files.choose"), Extensions: backupKinds}, v.check)
	}
}

// check looks at all of a backup, and asks whether it is to be restored.
func (v *backupView) check(path string) {
	v.begin(backupChecking, path, func(ctx context.Context, _ int) (backup.Summary, error) {
		return v.desk.station.Backup.Check(ctx, path)
	}, func() {
		v.desk.focus(v.restore)
		// Nobody is asked on the lock page, which is not theirs.
		if v.desk.gate == nil && v.state.Err == nil && v.state.Summary != (backup.Summary{}) {
			v.askRestore(path, v.state.Summary)
		}
	})
}

func (v *backupView) askRestore(path string, s backup.Summary) {
	word := text.T("backup.word")
	v.desk.ask(widget.QuestionText{
		Title: text.T("backup.ask.title"), Text: text.T("backup.ask.text"), Items: summaryWords(s),
		Typed: word, Label: text.T("backup.ask.type", "Word", word),
		Act: text.T("backup.ask.act"), Cancel: text.T("backup.ask.cancel"), Danger: true,
	}, func() { v.restoreFrom(path) })
}

// restoreFrom puts a backup in the place of the directory. Whoever is logged in may be nobody in it: they log in anew.
func (v *backupView) restoreFrom(path string) {
	by := v.desk.actor()
	var lost []string
	v.begin(backupRestoring, path, func(ctx context.Context, _ int) (backup.Summary, error) {
		s, err := v.desk.station.Backup.Restore(ctx, by, path)
		if errors.Is(err, directory.ErrOfflineCache) {
			err = nil // it is made good at the next start
		}
		if err == nil {
			lost, _ = v.desk.station.Backup.Lost(ctx) // all the same it is restored
		}
		return s, err
	}, func() {
		if v.state.Err != nil || v.state.Summary == (backup.Summary{}) {
			v.desk.focus(v.restore)
			return
		}
		d, was, why := v.desk, v.desk.session, text.T("backup.restored")
		if len(lost) > 0 {
			why = text.T("backup.restored_lost")
		}
		d.end()
		d.cover(newLoginPage(d, &locked{by: was, why: why}))
		d.loadWorkspace()
	})
}

// begin does something beside the window's goroutine, and then what comes of it unless one has gone elsewhere.
func (v *backupView) begin(what backupWork, path string, work func(ctx context.Context, n int) (backup.Summary, error), then func()) {
	v.cancel()
	ctx, cancel := context.WithCancel(v.desk.ctx)
	v.cancel = cancel
	v.state = v.state.begin(what, path)
	n := v.state.Asked
	v.desk.unfocus()
	v.desk.beside(ctx, func(ctx context.Context) {
		s, err := work(ctx, n)
		v.desk.do(func() {
			if n != v.state.Asked {
				return
			}
			v.state = v.state.ended(s, err)
			v.render()
			if v.state.Err == nil || !v.desk.refused(v.state.Err) {
				then()
			}
		})
	})
	v.render()
}

// stop ends what is being done. Nothing of it stays.
func (v *backupView) stop() {
	v.state.Stopping = true
	v.cancel()
	v.render()
}

// render shows the state.
func (v *backupView) render() {
	s := v.state
	v.save.SetEnabled(s.Work == backupIdle)
	v.restore.SetEnabled(s.Work == backupIdle)
	if s.Work == backupIdle {
		v.progress.Hide()
	} else {
		v.progress.Show()
	}
	v.stopping.SetEnabled(!s.Stopping)
	v.stopping.Hidden = s.Work == backupRestoring // it is over at once, or not at all
	v.renderProgress()
	v.saved.Objects, v.failed.Objects = nil, nil
	switch {
	case s.Err != nil:
		words := backupErrorWords(s.Err)
		v.failed.Objects = []fyne.CanvasObject{widget.Panel(widget.PadXY(theme.Space16, theme.Space12, widget.Column(theme.Space4,
			widget.IconBeside(widget.Sign{Icon: theme.WarningIcon, Color: theme.Danger}, widget.NewParagraph(words.Title+". "+words.Remedy)),
			widget.NewCopyableLines(text.T("page.details"), s.Err.Error()))))}
	case s.Saved:
		said := text.N("backup.saved", s.Summary.Users, "Number", text.Number(s.Summary.Users), "File", filepath.Base(s.Path))
		v.saved.Objects = []fyne.CanvasObject{widget.Panel(widget.PadXY(theme.Space16, theme.Space12, widget.Column(theme.Space4,
			widget.IconBeside(widget.Sign{Icon: theme.CheckCircleIcon, Color: theme.Success}, widget.NewParagraph(said)),
			widget.NewCopyableLines(text.T("files.path"), s.Path))))}
	}
	v.all.Refresh()
}

// renderProgress shows how far it is, where that is known.
func (v *backupView) renderProgress() {
	s := v.state
	const parts = 10_000
	done := 0
	if s.Size > 0 {
		done = int(s.Done * parts / s.Size)
	}
	v.bar.Set(done, parts)
	v.bar.Hidden = s.Work != backupSaving
	v.working.SetText(s.words())
}
