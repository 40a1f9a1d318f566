// Package app is what the station does, without a window, a driver or a database. Station holds its parts together
// for the windows and the commands.
package app

import (
	"tapstation/app/activation"
	"tapstation/app/admin"
	"tapstation/app/backup"
	"tapstation/app/bulk"
	"tapstation/app/directory"
	"tapstation/app/doctor"
	"tapstation/app/enroll"
	"tapstation/app/login"
	"tapstation/app/mail"
	"tapstation/app/mail/letter"
	"tapstation/app/portal"
	"tapstation/device"
)

// Station is one running Tapstation. Whoever makes it runs Board.
type Station struct {
	Version    string
	Demo       bool // a demo reader and a throw-away data folder
	Board      *device.Board
	Directory  *directory.Directory
	Admins     *admin.Admins
	Enroller   *enroll.Enroller
	Login      *login.Login
	Doctor     *doctor.Doctor
	Import     *bulk.Import
	Backup     *backup.Backup
	Letters    *letter.Letters
	Activation *activation.Tickets
	Mail       *mail.Outbox
	Portal     *portal.Portal
}
