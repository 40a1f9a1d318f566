package wizard

import (
	"context"
	"errors"

	"tapstation/app/directory"
	"tapstation/ui/wording"
)

// run does work in the background and hands what it found to the window.
func (w *Wizard) run(work func(ctx context.Context) func()) {
	w.background.Go(func() {
		show := work(w.ctx)
		w.config.Do(func() {
			if w.ctx.Err() == nil {
				show()
			}
		})
	})
}

// read asks for what the pages offer. A failure shows when the user is saved, who needs the same directory.
func (w *Wizard) read() {
	w.run(func(ctx context.Context) func() {
		workspace, err := w.config.Directory.Workspace(ctx)
		groups, groupsErr := w.config.Directory.Groups(ctx)
		return func() {
			s := w.state
			if err == nil {
				s = s.Defaults(workspace)
				w.tap.SetDriverLink(workspace.DriverLink)
			}
			if groupsErr == nil {
				s.Known = names(groups)
			}
			w.set(s)
			w.readKeys()
		}
	})
}

// readKeys asks what the keys of the user are to be by default, and what the next one may be called. Without an answer
// it is as the workspace says, and the ceremony finds a name.
func (w *Wizard) readKeys() {
	id := w.state.Saved.ID
	if id == "" {
		return
	}
	w.ready = false
	w.run(func(ctx context.Context) func() {
		defaults, err := w.config.Directory.KeyDefaults(ctx, id)
		_, keys, keysErr := w.config.Directory.User(ctx, id)
		return func() {
			s := w.state
			if err == nil {
				s = s.SetKeyDefaults(defaults)
			}
			if keysErr == nil {
				s.Suggested = wording.KeyName(keys, directory.Card)
			}
			w.set(s)
			w.ready = true
			if w.waits {
				w.begin()
			}
		}
	})
}

func names(groups []directory.Group) []string {
	all := make([]string, len(groups))
	for i, g := range groups {
		all[i] = g.Name
	}
	return all
}

// lookUp asks whether the User ID typed is taken. A failure shows when the user is saved.
func (w *Wizard) lookUp() {
	id, wanted := w.state.LookUp()
	if !wanted {
		return
	}
	w.run(func(ctx context.Context) func() {
		taken, err := w.config.Directory.Taken(ctx, id)
		return func() {
			if err == nil {
				w.set(w.state.Looked(id, taken))
			}
		}
	})
}

// save keeps the user.
func (w *Wizard) save() {
	s, user, wrong := w.state.Submit()
	w.set(s)
	if wrong != "" {
		w.pages[UserPage].(*userPage).focusOn(wrong)
		return
	}
	isNew := s.Saved.ID == ""
	w.run(func(ctx context.Context) func() {
		keep := w.config.Directory.UpdateUser
		if isNew {
			keep = w.config.Directory.AddUser
		}
		kept, err := keep(context.WithoutCancel(ctx), w.config.Actor, user) // Done saves, whatever comes next
		if errors.Is(err, directory.ErrOfflineCache) {
			err = nil // the user is kept; the cache is made good at the next start
		}
		return func() {
			if err == nil {
				w.set(w.state.Kept(kept))
				if w.config.Edit {
					w.end()
					return
				}
				w.readKeys()
				return
			}
			var invalid *directory.InvalidError
			var fields []directory.FieldError
			switch {
			case errors.As(err, &invalid):
				fields = invalid.Fields
			case errors.Is(err, directory.ErrExists):
				fields = []directory.FieldError{{Field: string(UserID), Problem: directory.Taken}}
			}
			w.set(w.state.NotKept(err, fields))
		}
	})
}
