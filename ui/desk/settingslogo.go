package desk

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// logoExtensions are those of the pictures that can be a logo.
var logoExtensions = []string{".png", ".jpg", ".jpeg", ".svg"}

// logoSide is how large the logo is shown where it is chosen, in units.
const logoSide float32 = 64

// newLogoControl shows the logo, and lets another be chosen.
func (p *settingsPage) newLogoControl() settingControl {
	label := widget.Small(settingLabel(logoSetting))
	label.Bold, label.Color = true, theme.Text
	holder := container.NewStack()
	choose := widget.NewButton(text.T("settings.logo.choose"), func() {
		p.desk.pickFile(pick{Title: text.T("settings.logo.title"), Act: text.T("files.choose"), Extensions: logoExtensions}, p.readLogo)
	})
	remove := widget.NewButton(text.T("settings.logo.remove"), func() { p.set(p.state.chosenLogo(nil)) })
	hint := widget.Small(settingHint(logoSetting))
	hint.Clip = true
	problem := widget.NewBadge(widget.Sign{})
	object := widget.Column(theme.Space4, label,
		widget.Line(theme.Space16, holder, widget.Line(theme.Space8, choose, remove)), hint, problem)
	shown := []byte{}
	return settingControl{object: object, first: choose, fill: func(s settingsState) {
		logo := s.logo()
		if holder.Objects == nil || string(shown) != string(logo) {
			shown = logo
			holder.Objects = []fyne.CanvasObject{logoPicture(logo)}
			holder.Refresh()
		}
		remove.Hidden = len(logo) == 0
		words := settingProblem(s, logoSetting)
		problem.Set(widget.Sign{Icon: theme.WarningIcon, Color: theme.Danger, Word: words})
		problem.Hidden, hint.Hidden = words == "", words != ""
		object.Refresh()
	}}
}

// logoPicture is a workspace's logo, or the program's own icon.
func logoPicture(logo []byte) fyne.CanvasObject {
	if len(logo) == 0 {
		return widget.Picture(theme.AppIcon, logoSide)
	}
	extension := map[string]string{"image/png": ".png", "image/jpeg": ".jpg", "image/svg+xml": ".svg"}[directory.LogoType(logo)]
	// Fyne keeps pictures by their names.
	return widget.Picture(fyne.NewStaticResource(fmt.Sprintf("logo-%x%s", sha256.Sum256(logo), extension), logo), logoSide)
}

// readLogo takes the picture in a file, if it is one.
func (p *settingsPage) readLogo(path string) {
	p.desk.beside(p.desk.ctx, func(context.Context) {
		logo, err := readAtMost(path, directory.MaxLogo+1)
		wrong := directory.CheckLogo(logo)
		p.desk.do(func() {
			switch {
			case err != nil:
				p.set(p.state.refuse(directory.FieldError{Field: logoSetting, Problem: directory.InvalidValue}))
			case len(wrong) > 0:
				p.set(p.state.refuse(wrong[0]))
			default:
				p.set(p.state.chosenLogo(logo))
			}
		})
	})
}

// readAtMost is the beginning of a file.
func readAtMost(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, most))
}
