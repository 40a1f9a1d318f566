package doctor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"tapstation/app/directory"
)

// folder tells whether the data folder can be used, and by nobody else.
func (d *Doctor) folder() []Finding {
	args := map[string]string{"path": d.Folder}
	failed := func(detail Detail, err error) []Finding {
		args["error"] = err.Error()
		return []Finding{{Check: Folder, Verdict: Failed, Detail: detail, Remedy: OwnFolder, Args: args}}
	}
	entries, err := os.ReadDir(d.Folder)
	if errors.Is(err, fs.ErrNotExist) {
		return []Finding{{Check: Folder, Verdict: OK, Detail: FolderNew, Args: args}}
	}
	if err != nil {
		return failed(FolderUnreadable, err)
	}
	probe, err := os.CreateTemp(d.Folder, ".doctor-")
	if err != nil {
		return failed(FolderReadOnly, err)
	}
	if err := errors.Join(probe.Close(), os.Remove(probe.Name())); err != nil {
		return failed(FolderReadOnly, err)
	}
	open := exposed(d.Folder)
	for i := 0; i < len(entries) && open == ""; i++ {
		open = exposed(filepath.Join(d.Folder, entries[i].Name()))
	}
	if open != "" {
		args["exposed"] = open
		return []Finding{{Check: Folder, Verdict: Warning, Detail: FolderOpen, Remedy: closeFolder, Args: args}}
	}
	return []Finding{{Check: Folder, Verdict: OK, Detail: FolderReady, Args: args}}
}

// directory tells whether the store opens, which also looks at the version of its schema.
func (d *Doctor) directory(ctx context.Context) Finding {
	there, err := d.Directory.Exists(ctx)
	if err == nil && there {
		_, err = d.Directory.Workspace(ctx)
	}
	f := Finding{Check: Directory, Verdict: Failed, Args: map[string]string{}}
	switch {
	case err == nil && there:
		f.Verdict, f.Detail = OK, DirectoryReady
		return f
	case err == nil && d.cached(ctx) > 0:
		f.Verdict, f.Detail, f.Remedy = Warning, DirectoryMissing, RestoreDirectory
		return f
	case err == nil:
		f.Verdict, f.Detail = OK, DirectoryNew
		return f
	case errors.Is(err, directory.ErrBusy):
		f.Verdict, f.Detail, f.Remedy = Warning, DirectoryBusy, CloseOther
	case errors.Is(err, directory.ErrNewer):
		f.Detail, f.Remedy = DirectoryNewer, Update
	case errors.Is(err, directory.ErrDamaged):
		f.Detail, f.Remedy = DirectoryDamaged, RestoreDirectory
	default:
		f.Detail, f.Remedy = DirectoryUnreadable, OwnFolder
	}
	f.Args["error"] = err.Error()
	return f
}

// cached is how many keys the offline cache holds, 0 where it cannot be read.
func (d *Doctor) cached(ctx context.Context) int {
	ids, err := d.Cache.Keys(ctx)
	if err != nil {
		return 0
	}
	return len(ids)
}

func (d *Doctor) cache(ctx context.Context) Finding {
	ids, err := d.Cache.Keys(ctx)
	f := Finding{Check: Cache, Verdict: OK, Detail: CacheReady, Args: map[string]string{"keys": fmt.Sprint(len(ids))}}
	if err == nil {
		return f
	}
	f.Verdict, f.Args["error"] = Warning, err.Error()
	switch {
	case errors.Is(err, directory.ErrBusy):
		f.Detail, f.Remedy = CacheBusy, CloseOther
	case errors.Is(err, directory.ErrNewer):
		f.Detail, f.Remedy = CacheNewer, Update
	default:
		f.Detail, f.Remedy = CacheUnreadable, RemakeCache
	}
	return f
}

// seal tells whether secrets can be sealed and read again. In a data folder that has sealed none yet it leaves nothing
// behind.
func (d *Doctor) seal() Finding {
	made, err := d.Seal.Made()
	if err == nil && !made {
		return Finding{Check: Seal, Verdict: OK, Detail: SealNew}
	}
	secret := []byte("doctor")
	var sealed, opened []byte
	if err == nil {
		sealed, err = d.Seal.Seal(secret, "doctor")
	}
	if err == nil {
		opened, err = d.Seal.Open(sealed, "doctor")
	}
	if err == nil && !bytes.Equal(opened, secret) {
		err = errors.New("what was sealed does not come back")
	}
	if err != nil {
		return Finding{Check: Seal, Verdict: Failed, Detail: SealBroken, Remedy: UnlockKeyring,
			Args: map[string]string{"error": err.Error()}}
	}
	return Finding{Check: Seal, Verdict: OK, Detail: SealReady}
}

// secrets tells which of the directory's secrets were sealed with the key of another machine: without them no mail leaves,
// or no link is made. It says nothing where all is well, and nothing of a directory that cannot be read.
func (d *Doctor) secrets(ctx context.Context) (all []Finding) {
	lost, err := d.Directory.LostSecrets(ctx, d.Seal)
	if err != nil {
		return nil // directory and seal have said it
	}
	for _, name := range lost {
		f := Finding{Check: Secrets, Verdict: Warning, Detail: SecretLost, Remedy: EnterSecret, Args: map[string]string{"secret": name}}
		if name == directory.TicketKey {
			f.Detail, f.Remedy = TicketKeyLost, RenewCodes
		}
		all = append(all, f)
	}
	return all
}

// firstRelease is before any Tapstation was built: a clock that tells less has lost its battery.
var firstRelease = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

// clock tells whether the time goes on from where the audit log left it.
func (d *Doctor) clock(ctx context.Context) Finding {
	now := d.now()
	f := Finding{Check: Clock, Verdict: OK, Detail: ClockSane, Args: map[string]string{"now": now.Format(time.RFC3339)}}
	last, err := d.Directory.Audit(ctx, directory.StationActor, directory.AuditQuery{Last: 1})
	switch {
	case now.Before(firstRelease):
		f.Verdict, f.Detail, f.Remedy = Failed, ClockLost, SetClock
	case err == nil && len(last) == 1 && now.Before(last[0].Time.Add(-time.Minute)):
		f.Verdict, f.Detail, f.Remedy = Warning, ClockBehind, SetClock
		f.Args["last"] = last[0].Time.Format(time.RFC3339)
	}
	return f
}
