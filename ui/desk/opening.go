package desk

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/widget"
)

// openingPage stands in the window until it is known whether somebody can log in yet, and says why if that cannot be
// known.
type openingPage struct {
	desk   *Desk
	failed error
	known  bool
	holder *fyne.Container
}

func newOpeningPage(d *Desk) *openingPage {
	return &openingPage{desk: d, holder: container.NewStack()}
}

func (p *openingPage) content() fyne.CanvasObject { return p.holder }

func (p *openingPage) keys() *widget.Keys { return &widget.Keys{Enter: p.again} }

func (p *openingPage) shown() { p.look() }

func (p *openingPage) left() {}

func (p *openingPage) changed() {}

func (p *openingPage) again() {
	if p.failed != nil {
		p.look()
	}
}

// look asks for the workspace, and whether there is an admin.
func (p *openingPage) look() {
	p.failed = nil
	p.render("")
	p.desk.beside(p.desk.ctx, func(ctx context.Context) {
		first, needed, err := p.desk.lookAround(ctx)
		p.desk.do(func() {
			p.known, p.failed = true, err
			switch {
			case err != nil:
				p.render("")
			case needed:
				p.desk.setWorkspace(first.workspace)
				p.desk.cover(newSetupPage(p.desk, first))
			default:
				p.desk.setWorkspace(first.workspace)
				p.desk.cover(newLoginPage(p.desk, nil))
			}
		})
	})
	p.desk.opts.After(slowAfter, func() {
		p.desk.do(func() {
			if !p.known {
				p.render(text.T("user.loading"))
			}
		})
	})
}

// render shows why nothing can be shown, or words.
func (p *openingPage) render(words string) {
	p.holder.Objects = []fyne.CanvasObject{container.NewCenter(widget.Small(words))}
	if p.failed != nil {
		p.holder.Objects = []fyne.CanvasObject{failedView(p.failed, p.look)}
	}
	p.holder.Refresh()
}

// firstLook is what the directory holds when the window opens.
type firstLook struct {
	workspace directory.Workspace
	keys      bool // there are security keys already
}

// lookAround tells what the directory holds, and whether it lacks an admin.
func (d *Desk) lookAround(ctx context.Context) (look firstLook, needed bool, err error) {
	if look.workspace, err = d.station.Directory.Workspace(ctx); err != nil {
		return look, false, err
	}
	if needed, err = d.station.Admins.Needed(ctx); err != nil || !needed {
		return look, needed, err
	}
	keys, err := d.station.Directory.Keys(ctx, directory.KeyQuery{Limit: 1})
	look.keys = len(keys.Keys) > 0
	return look, true, err
}
