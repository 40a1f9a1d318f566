package desk

// Busy tells whether the page still waits for what it asked for when it was shown. The tour takes no picture before
// it has come.
func (d *Desk) Busy() bool {
	switch p := d.page.(type) {
	case *usersPage:
		return p.state.Asking
	case *codePage:
		return p.state.Asking
	case *keysPage:
		return p.state.Asking
	case *outboxPage:
		return p.state.Asking
	case *templatesPage:
		return p.list == nil && p.failed == nil
	case *templatePage:
		return p.state.Failed == nil && (!p.state.Known || p.state.Shown.Subject == "")
	case *userPage:
		return !p.state.Known && p.state.Failed == nil
	case *activitiesPage:
		return p.state.Asking
	case *dashboardPage:
		return !p.state.Known && p.state.Failed == nil
	case *importPage:
		return p.state.Working
	case *groupsPage:
		return !p.state.Known && p.state.Failed == nil
	case *groupPage:
		return p.failed == nil && (!p.known || p.searched().state.Asking)
	case *settingsPage:
		return !p.state.Known && p.state.Failed == nil
	case *adminsPage:
		return p.list == nil && p.failed == nil
	case *readerPage:
		return p.looking
	}
	return false
}
