package desk

import (
	"errors"
	"io/fs"

	"tapstation/app/backup"
	"tapstation/assets/text"
	"tapstation/ui/wording"
)

// backupWork is what is being done with backups.
type backupWork int

const (
	backupIdle backupWork = iota
	backupSaving
	backupChecking
	backupRestoring
)

// backupState is what is being done with backups, and what came of it last.
type backupState struct {
	Work       backupWork
	Asked      int // the number of the last thing begun; what earlier ones say is stale
	Stopping   bool
	Done, Size int64 // of what is being saved, in bytes

	Path    string // of the last file
	Saved   bool   // there is a backup in it
	Summary backup.Summary
	Err     error
}

// begin is the state when something is begun with a file.
func (s backupState) begin(work backupWork, path string) backupState {
	return backupState{Work: work, Asked: s.Asked + 1, Path: path}
}

// ended is the state when that has ended. What was stopped has not failed, and is not gone on with; a backup that was
// whole before it could be stopped is there.
func (s backupState) ended(sum backup.Summary, err error) backupState {
	s.Saved = s.Work == backupSaving && err == nil
	if s.Stopping {
		err = nil
		if !s.Saved {
			sum = backup.Summary{}
		}
	}
	s.Work, s.Stopping, s.Summary, s.Err = backupIdle, false, sum, err
	return s
}

// words say what is being done.
func (s backupState) words() string {
	switch {
	case s.Stopping:
		return text.T("backup.stopping")
	case s.Work == backupSaving:
		return text.T("backup.saving")
	case s.Work == backupChecking:
		return text.T("backup.checking")
	}
	return text.T("backup.restoring")
}

// summaryWords are what is in a backup, one thing a line.
func summaryWords(s backup.Summary) []string {
	return []string{
		text.T("backup.of", "Workspace", s.Workspace),
		text.T("backup.made", "Time", text.DateTime(s.Made)),
		text.N("backup.users", s.Users, "Number", text.Number(s.Users)),
		text.N("backup.keys", s.Keys, "Number", text.Number(s.Keys)),
		text.N("backup.entries", int(s.Entries), "Number", text.Number(int(s.Entries))),
	}
}

// backupErrorWords is what is said of a backup that could not be made, or not be used.
func backupErrorWords(err error) wording.Words {
	for _, known := range []struct {
		err  error
		name string
	}{
		{backup.ErrForeign, "foreign"}, {backup.ErrNewer, "newer"}, {backup.ErrDamaged, "damaged"},
		{backup.ErrNothing, "nothing"}, {backup.ErrOther, "other"}, {fs.ErrPermission, "forbidden"}, {fs.ErrNotExist, "missing"},
	} {
		if errors.Is(err, known.err) {
			return wording.Words{Title: text.T("backup.error." + known.name + ".title"), Remedy: text.T("backup.error." + known.name + ".remedy")}
		}
	}
	return wording.Error(err)
}
