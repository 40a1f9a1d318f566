package desk

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"

	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
	"tapstation/ui/widget"
)

// whom is a search for one user, by whom a list is narrowed down.
type whom struct {
	Typed string           // what stands in the search
	Users []directory.User // those it may mean, where it is not clear yet which one
}

// meant takes in who the words typed may mean, and says which user that is. One who is called just so, or who is the
// only one, is the one; somebody who is no user any more is found by the whole User ID. Where several may be meant,
// it stays the one before.
func (w *whom) meant(users []directory.User, before string) (user string) {
	w.Users = nil
	for _, u := range users {
		if directory.Fold(u.ID) == directory.Fold(w.Typed) {
			return u.ID
		}
	}
	switch {
	case w.Typed == "":
		return ""
	case len(users) == 1:
		return users[0].ID
	case len(users) > 1:
		w.Users = users
		return before
	}
	return w.Typed
}

// find finds out whom the words typed mean; found is called with them unless something else was typed by then.
func (w *whom) find(d *Desk, words string, found func([]directory.User)) {
	words = strings.TrimSpace(words)
	w.Typed = words
	d.beside(d.ctx, func(ctx context.Context) {
		const few = 5
		var users []directory.User
		if words != "" {
			list, err := d.station.Directory.Users(ctx, directory.UserQuery{Text: words, Limit: few})
			if err != nil {
				return // the list asks the same directory and says what is wrong with it
			}
			for _, r := range list.Rows {
				users = append(users, r.User)
			}
		}
		d.do(func() {
			if w.Typed == words {
				found(users)
			}
		})
	})
}

// offer shows those the search may mean; picked is called with the User ID of one. It tells whether anything changed.
func (w *whom) offer(line *fyne.Container, picked func(id string)) (changed bool) {
	hidden := len(w.Users) == 0
	if hidden && line.Hidden {
		return false
	}
	line.Hidden, line.Objects = hidden, nil
	if !hidden {
		line.Add(widget.Small(text.T("activities.which")))
	}
	for _, u := range w.Users {
		line.Add(widget.NewQuiet(u.DisplayName(), u.ID, nil, func() { picked(u.ID) }))
	}
	return true
}

// newOffers is the line that offer fills.
func newOffers() *fyne.Container {
	line := widget.Line(theme.Space4)
	line.Hide()
	return line
}
