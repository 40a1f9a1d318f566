package bolt

import (
	"go.etcd.io/bbolt"

	"tapstation/app/directory"
	"tapstation/storage/boltfile"
)

type step = func(tx *bbolt.Tx, b *bbolt.Bucket) error

func steps(all ...step) []step { return all }

// groupsHaveDefaults: version 2 may hold default settings of keys. What version 1 wrote is a group without.
func groupsHaveDefaults(*bbolt.Tx, *bbolt.Bucket) error { return nil }

// groupsAreRenamed: version 3 may hold the name a group had before. What version 2 wrote is a group that is not being
// renamed.
func groupsAreRenamed(*bbolt.Tx, *bbolt.Bucket) error { return nil }

// keysKnowPINs: version 2 may hold the PIN a card is about to get, and whether it has one. What version 1 wrote knows
// neither.
func keysKnowPINs(*bbolt.Tx, *bbolt.Bucket) error { return nil }

// enrollmentsKnowOldPINs: version 2 may hold the PIN that another is about to replace, and the stage of forcing a change. What
// version 1 wrote has neither.
func enrollmentsKnowOldPINs(*bbolt.Tx, *bbolt.Bucket) error { return nil }

// usersHaveLanguages: version 2 may hold the language of a user's mails. What version 1 wrote is a user without.
func usersHaveLanguages(*bbolt.Tx, *bbolt.Bucket) error { return nil }

// workspaceMails: version 3 knows how mail leaves and how long links live, and a workspace kept before gets what a new one
// has. Who chooses the PIN stays as it was.
func workspaceMails(_ *bbolt.Tx, b *bbolt.Bucket) error {
	return changeWorkspace(b, func(r *workspaceRecord) {
		w := directory.DefaultWorkspace()
		r.Mail, r.LinkDays, r.CodeHours = keepMail(w.Mail), w.LinkDays, w.CodeHours
	})
}

// workspaceHasPolicies: version 2 knows when windows lock and how long log-ins without the directory go on, and a
// workspace kept before gets what a new one has.
func workspaceHasPolicies(_ *bbolt.Tx, b *bbolt.Bucket) error {
	return changeWorkspace(b, func(r *workspaceRecord) {
		w := directory.DefaultWorkspace()
		r.LockAfter, r.OfflineLogins, r.OfflineDays = w.LockAfter, w.OfflineLogins, w.OfflineDays
	})
}

// changeWorkspace changes the workspace, where one was kept.
func changeWorkspace(b *bbolt.Bucket, change func(*workspaceRecord)) error {
	raw := b.Get(workspaceKey)
	if raw == nil {
		return nil
	}
	r, err := boltfile.Decode[workspaceRecord](raw)
	if err != nil {
		return err
	}
	change(&r)
	if raw, err = boltfile.Encode(r); err != nil {
		return err
	}
	return b.Put(workspaceKey, raw)
}
