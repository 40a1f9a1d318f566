package main

import (
	"context"
	"errors"
	"path/filepath"

	"tapstation/app"
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
	"tapstation/app/rp"
	"tapstation/device"
	"tapstation/device/fido"
	"tapstation/device/pcsc"
	"tapstation/storage/bolt"
	"tapstation/storage/claim"
	"tapstation/storage/handover"
	"tapstation/storage/offline"
	"tapstation/storage/seal"
)

// cards are the cards on this machine's readers: libfido2 over PC/SC.
func cards() device.Source {
	service := &pcsc.Service{}
	return fido.Cards(service.Watch, func(ctx context.Context, reader string) (fido.Session, error) {
		session, err := service.Open(ctx, reader)
		if err != nil {
			return nil, err // not session: a nil *Session is no nil Session
		}
		return session, nil
	})
}

// openStation is the station over a data folder, and what ends it.
// The folder is made when the first thing is kept in it.
func openStation(folder string, source device.Source, sealing seal.Options) (*app.Station, func() error) {
	store := bolt.New(filepath.Join(folder, bolt.Name))
	cache := offline.New(filepath.Join(folder, offline.Name))
	box := seal.New(folder, sealing)
	board := device.NewBoard(source)
	dir := &directory.Directory{Store: store, Offline: cache, Seal: box}
	proof := &login.Login{Directory: dir, Cache: cache, Board: board, Seal: box}
	tickets := &activation.Tickets{Directory: dir, Seal: box}
	station := &app.Station{
		Version:    version,
		Board:      board,
		Directory:  dir,
		Enroller:   &enroll.Enroller{Directory: dir, Board: board, RelyingParty: relyingParty, Seal: box, PINMail: tickets},
		Login:      proof,
		Admins:     &admin.Admins{Directory: dir, Login: proof},
		Doctor:     &doctor.Doctor{Board: board, Directory: dir, Cache: cache, Seal: box, Folder: folder},
		Import:     &bulk.Import{Directory: dir, Claim: func() (func() error, error) { return claim.Take(folder, "import") }},
		Backup:     &backup.Backup{Directory: dir, Store: store, Folder: folder, Version: version, Seal: box, Tickets: tickets},
		Activation: tickets,
		Portal: &portal.Portal{Directory: dir, Tickets: tickets,
			Claim: func() (func() error, error) { return claim.Take(folder, directory.ClaimPortal) }},
		Letters: &letter.Letters{Directory: dir},
		Mail: &mail.Outbox{Directory: dir, Tickets: tickets, Handover: handover.New(filepath.Join(folder, handover.Name)),
			Claim: func() (func() error, error) { return claim.Take(folder, mail.Claim) }},
	}
	end := func() error { return errors.Join(store.Close(), cache.Close()) }
	return station, end
}

// relyingParty is the workspace's own.
func relyingParty(w directory.Workspace) (enroll.RelyingParty, error) { return rp.NewWorkspace(w) }
