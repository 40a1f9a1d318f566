package desk

import (
	"context"
	"path/filepath"
	"slices"
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/bulk"
	"tapstation/app/directory"
	csv "tapstation/app/sheet"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// importPage imports users from a file, step by step: which file, what its columns hold, what would come of it, and then
// the import itself.
type importPage struct {
	desk   *Desk
	state  importState
	from   page // where it was opened
	cancel context.CancelFunc
	over   bool // it may be left without a question
	job    *job // nil: no activation mails are being sent to those imported

	steps      *widget.Steps
	body       *fyne.Container
	back, next *widget.Button
	notice     *widget.Badge
	all        fyne.CanvasObject
	columns    *importColumnsView // nil before the file was looked at
	choose     *widget.Button     // of the first step
	bar        *widget.Progress
	far        *widget.Text // how far it is
	drawn      string
}

// importKinds are how files with tables are called.
var importKinds = []string{".csv", ".txt", ".tsv"}

// ShowImport goes to the page that imports users.
func (d *Desk) ShowImport() {
	if d.may(directory.ManageUsers) {
		d.show(newImportPage(d, d.page))
	}
}

// importButton leads to the import.
func (d *Desk) importButton() *widget.Button {
	return widget.NewButton(text.T("import.open"), d.ShowImport).WithIcon(theme.ImportIcon)
}

// withImport puts a way to the import below what stands where there are no users yet.
func (d *Desk) withImport(empty fyne.CanvasObject) fyne.CanvasObject {
	if !d.may(directory.ManageUsers) {
		return empty
	}
	return container.NewCenter(widget.Column(theme.Space4, empty, container.NewCenter(d.importButton())))
}

func newImportPage(d *Desk, from page) *importPage {
	p := &importPage{desk: d, from: from, cancel: func() {}, steps: widget.NewSteps(), body: container.NewStack(),
		notice: widget.NewStatus(widget.Sign{}), bar: widget.NewProgress(), far: widget.Small("")}
	p.back, p.next = widget.NewButton("", p.goBack), widget.NewPrimary("", p.goOn)
	foot := container.NewVBox(widget.PadXY(0, theme.Space8, widget.Rule()),
		container.NewBorder(nil, nil, p.back, p.next, widget.PadXY(theme.Space16, 0, container.NewStack(p.notice))))
	p.all = widget.PadXY(theme.Space32, theme.Space24, widget.Above(theme.Space16,
		container.NewBorder(nil, foot, nil, nil, container.New(besideBodyLayout{}, p.steps, p.body)),
		widget.Heading(text.T("import.title"))))
	p.render()
	return p
}

func (p *importPage) content() fyne.CanvasObject { return p.all }

func (p *importPage) place() string {
	if at := p.desk.placeOf(p.from); at != "" {
		return at
	}
	return usersPlace
}

func (p *importPage) keys() *widget.Keys { return &widget.Keys{Enter: p.goOn, Escape: p.goBack} }

func (p *importPage) shown() {
	p.desk.window.SetOnDropped(func(_ fyne.Position, files []fyne.URI) {
		if p.desk.gate == nil && !p.state.Working && len(files) > 0 {
			p.desk.unask()
			p.open(files[0].Path())
		}
	})
	p.askGroups()
	p.focusMain()
}

func (p *importPage) left() {
	p.desk.window.SetOnDropped(nil)
	p.cancel()
	p.state = p.state.end()
}

// leave asks before an import is stopped, or what was chosen is lost.
func (p *importPage) leave(then func()) {
	switch {
	case p.mailing():
		p.askStopMail(then)
	case p.over:
		then()
	case p.importing() && !p.state.Stopping:
		p.askStop(func() { p.stop(); then() })
	case p.state.atRisk():
		p.desk.askToLeave(func() { p.over = true; then() })
	default:
		then()
	}
}

// importing tells whether users are being imported right now.
func (p *importPage) importing() bool { return p.state.Step == importRun && p.state.Working }

func (p *importPage) askStop(stop func()) {
	p.desk.ask(widget.QuestionText{
		Title: text.T("import.stop.title"), Text: text.T("import.stop.text"),
		Act: text.T("import.stop.act"), Cancel: text.T("import.stop.cancel"), Danger: true,
	}, stop)
}

// stop ends what is being done. What was imported is taken back.
func (p *importPage) stop() {
	if p.state.Working {
		p.state.Stopping = true
		p.cancel()
		p.render()
	}
}

// goBack is the left button, and Escape.
func (p *importPage) goBack() {
	s := &p.state
	switch {
	case p.importing():
		if !s.Stopping {
			p.askStop(p.stop)
		}
		return
	case s.done():
		p.startOver()
		return
	case s.Step == importFile:
		p.desk.show(p.from)
		return
	case s.Step == importColumns:
		s.Step = importFile
	default:
		s.Step = importColumns
	}
	p.cancel()
	p.state = s.end()
	p.state.Err = nil
	p.render()
	p.focusMain()
}

// startOver begins with another file.
func (p *importPage) startOver() {
	if p.mailing() {
		return
	}
	p.job = nil
	p.state = importState{Asked: p.state.Asked + 1, Known: p.state.Known}
	p.render()
	p.chooseFile()
}

// goOn is the right button, and Enter.
func (p *importPage) goOn() {
	s := p.state
	switch {
	case s.Working:
	case s.Step == importFile && s.Path != "" && s.Err == nil && s.Layout.Header != nil:
		p.state.Step = importColumns
		p.render()
		p.focusMain()
	case s.Step == importFile && s.Path != "" && s.Err != nil:
		p.inspect()
	case s.Step == importFile:
		p.chooseFile()
	case s.Step == importColumns:
		if s.ready() {
			p.try()
		}
	case s.importable():
		p.run()
	case s.done(), s.Step == importCheck && s.Planned && s.Plan.Refused == 0:
		p.over = true
		p.desk.ShowUsers()
	default:
		p.try()
	}
}

func (p *importPage) chooseFile() {
	p.desk.pickFile(pick{Title: text.T("import.choose.title"), Act: text.T("files.choose"), Extensions: importKinds}, p.open)
}

// open looks at a file.
func (p *importPage) open(path string) {
	if path != p.state.Path {
		p.state = importState{Asked: p.state.Asked, Known: p.state.Known, Options: bulk.Options{Groups: p.state.Options.Groups}}
	}
	p.state.Path = path
	p.inspect()
}

// inspect looks at the file anew, as it is to be read.
func (p *importPage) inspect() {
	path, format := p.state.Path, p.state.Format
	p.begin(func(ctx context.Context, n int) func() {
		f, l, err := p.look(ctx, path, format)
		return func() {
			if err == nil {
				p.state = p.state.inspected(f, l)
			} else {
				p.state = p.state.end()
				p.state.Err = err
				if format == (csv.Format{}) {
					p.state.Step = importFile
				}
			}
			p.columns = nil
			p.ended()
		}
	})
}

func (p *importPage) look(ctx context.Context, path string, format csv.Format) (bulk.File, bulk.Layout, error) {
	f, err := bulk.OnDisk(path)
	if err != nil {
		return f, bulk.Layout{}, err
	}
	f.Format = format
	l, err := p.desk.station.Import.Inspect(ctx, f)
	return f, l, err
}

// try finds out what would come of the import. The file may have been mended meanwhile.
func (p *importPage) try() {
	s := p.state
	by := p.desk.actor()
	p.state.Step, p.state.Planned = importCheck, false
	p.begin(func(ctx context.Context, n int) func() {
		f, l, err := p.look(ctx, s.Path, s.Format)
		if err == nil && !slices.Equal(l.Header, s.Layout.Header) {
			return func() { // other columns: they are to be looked at first
				p.state = p.state.inspected(f, l)
				p.columns = nil
				p.ended()
			}
		}
		var plan bulk.Plan
		if err == nil {
			plan, err = p.desk.station.Import.Plan(ctx, by, f, s.Options, p.teller(n))
		}
		return func() {
			p.state = p.state.tried(plan, err)
			if err == nil {
				p.state.File = f
			}
			p.ended()
		}
	})
}

// run imports the users.
func (p *importPage) run() {
	s := p.state
	by := p.desk.actor()
	p.state.Step = importRun
	p.desk.unfocus() // Enter, pressed once more, must not stop it
	p.begin(func(ctx context.Context, n int) func() {
		r, err := p.desk.station.Import.Apply(ctx, by, s.File, s.Options, s.Plan, p.teller(n))
		return func() {
			p.state = p.state.imported(r, err)
			p.ended()
		}
	})
}

// begin does something beside the window's goroutine; what it then says is done unless something else was begun by then.
func (p *importPage) begin(work func(ctx context.Context, n int) (then func())) {
	p.cancel()
	ctx, cancel := context.WithCancel(p.desk.ctx)
	p.cancel = cancel
	p.state = p.state.begin()
	n := p.state.Asked
	p.desk.beside(ctx, func(ctx context.Context) {
		then := work(ctx, n)
		p.desk.do(func() {
			if n == p.state.Asked {
				then()
			}
		})
	})
	p.desk.opts.After(slowAfter, func() {
		p.desk.do(func() {
			if n == p.state.Asked && p.state.Working {
				p.state.Slow = true
				p.render()
			}
		})
	})
	p.render()
}

// ended shows what came of what was begun.
func (p *importPage) ended() {
	if p.state.Err != nil && p.desk.refused(p.state.Err) {
		return
	}
	p.render()
	if p.desk.page == page(p) && p.desk.question == nil {
		p.focusMain()
	}
}

// teller hands how far work n is to the window: once for however much was told meanwhile.
func (p *importPage) teller(n int) func(bulk.Progress) {
	var (
		mu      sync.Mutex
		news    bulk.Progress
		pending bool
	)
	return func(now bulk.Progress) {
		mu.Lock()
		defer mu.Unlock()
		news = now
		if pending {
			return
		}
		pending = true
		p.desk.do(func() {
			mu.Lock()
			pending = false
			now := news
			mu.Unlock()
			if n == p.state.Asked && p.state.Working {
				p.state.Progress = now
				p.renderProgress()
			}
		})
	}
}

// askGroups asks which groups there are. Where that fails none can be chosen, but new ones can be named.
func (p *importPage) askGroups() {
	p.desk.beside(p.desk.ctx, func(ctx context.Context) {
		groups, err := p.desk.station.Directory.Groups(ctx)
		if err != nil {
			return
		}
		p.desk.do(func() {
			p.state.Known = nil
			for _, g := range groups {
				p.state.Known = append(p.state.Known, g.Name)
			}
		})
	})
}

// focusMain goes to what is done next, or first has to be chosen.
func (p *importPage) focusMain() {
	switch {
	case p.state.Working:
		p.desk.unfocus()
	case p.state.Step == importFile && p.choose != nil:
		p.desk.focus(p.choose)
	case p.state.Step == importColumns && !p.state.ready() && p.columns != nil:
		p.desk.focus(p.columns.fields[bulk.UserID])
	case !p.next.Hidden && !p.next.Disabled():
		p.desk.focus(p.next)
	default:
		p.desk.focus(p.back)
	}
}

// fileName is the file without its folders.
func (p *importPage) fileName() string { return filepath.Base(p.state.Path) }
