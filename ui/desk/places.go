package desk

import (
	"tapstation/app/directory"
	"tapstation/ui/theme"
)

// railPlace is one entry of the rail: where one can go with one click from everywhere.
type railPlace struct {
	name  string // the key of its name; also what tells it from the others
	icon  *theme.Icon
	right directory.Right // without it, the place is not shown
	// make makes its page, when it is first gone to. The page is kept until somebody else logs in.
	make func(*Desk) page
}

// Names of the places.
const (
	dashboardPlace  = "desk.dashboard"
	usersPlace      = "desk.users"
	keysPlace       = "desk.keys"
	groupsPlace     = "desk.groups"
	mailPlace       = "desk.mail"
	activitiesPlace = "desk.activities"
	settingsPlace   = "desk.settings"
)

// home is the place that the panel opens with.
const home = usersPlace

// places are all there are, in the order of the rail.
func places() []railPlace {
	return []railPlace{
		{dashboardPlace, theme.DashboardIcon, directory.SeeDirectory, func(d *Desk) page { return newDashboardPage(d) }},
		{usersPlace, theme.UsersIcon, directory.SeeDirectory, func(d *Desk) page { d.users = newUsersPage(d); return d.users }},
		{keysPlace, theme.KeyIcon, directory.SeeDirectory, func(d *Desk) page { return newKeysPage(d) }},
		{groupsPlace, theme.GroupIcon, directory.SeeDirectory, func(d *Desk) page { return newGroupsPage(d) }},
		{mailPlace, theme.MailIcon, directory.SeeDirectory, func(d *Desk) page { return newOutboxPage(d) }},
		{activitiesPlace, theme.ActivitiesIcon, directory.SeeActivities, func(d *Desk) page { return newActivitiesPage(d) }},
		{settingsPlace, theme.SettingsIcon, directory.SeeDirectory, func(d *Desk) page { return newSettingsPage(d) }},
	}
}

// open goes to a place. One that the session has no right to, or that does not exist, is not gone to.
func (d *Desk) open(name string) {
	if p := d.at(name); p != nil {
		d.show(p)
	}
}

// at is the page of a place, which is made if need be; nil where there is none for this session.
func (d *Desk) at(name string) page {
	if p := d.pages[name]; p != nil {
		return p
	}
	for _, p := range places() {
		if p.name == name && d.may(p.right) {
			made := p.make(d)
			d.pages[name] = made
			return made
		}
	}
	return nil
}

// placed is a page that stands within a place without being its first one: the page of a user is within Users.
type placed interface {
	place() string
}

// where is the name of the place that one is in; empty: in none.
func (d *Desk) where() string { return d.placeOf(d.page) }

// placeOf is the name of the place that a page is in; empty: in none.
func (d *Desk) placeOf(of page) string {
	if p, ok := of.(placed); ok {
		return p.place()
	}
	for name, p := range d.pages {
		if p == of {
			return name
		}
	}
	return ""
}
