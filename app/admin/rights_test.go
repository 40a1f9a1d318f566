package admin_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tapstation/app/activation"
	"tapstation/app/admin"
	"tapstation/app/audit"
	"tapstation/app/backup"
	"tapstation/app/bulk"
	"tapstation/app/directory"
	"tapstation/app/enroll"
	"tapstation/app/login"
	"tapstation/app/mail"
	"tapstation/app/mail/letter"
	"tapstation/app/rp"
	"tapstation/device"
	"tapstation/storage/bolt"
	"tapstation/storage/offline"
	"tapstation/storage/seal"
)

// who is who may do an act: the roles, from the one that may most.
type who string

const (
	everyRole who = "owner administrator operator auditor"
	enrollers who = "owner administrator operator"
	managers  who = "owner administrator"
	readers   who = "owner administrator auditor"
	owners    who = "owner"
)

// act is one act of the station, named after the method that does it. do does it with everything else in order: whoever
// may do it is refused nothing.
type act struct {
	who who
	do  func(ctx context.Context, f *floor, by string) error
	// waits: it goes on until a card is tapped, which nobody does.
	waits bool
}

// acts are all acts of the station that ask who does them. A method with an actor that is missing here, or under
// unasked, fails TestEveryActIsInTheTable.
var acts = map[string]act{
	"directory.Directory.AddUser": {who: enrollers, do: func(ctx context.Context, f *floor, by string) error {
		_, err := f.dir.AddUser(ctx, by, directory.User{ID: "new", Groups: []string{"Staff"}})
		return err
	}},
	"directory.Directory.AddUser (into a new group)": {who: managers, do: func(ctx context.Context, f *floor, by string) error {
		_, err := f.dir.AddUser(ctx, by, directory.User{ID: "new", Groups: []string{"Not there yet"}})
		return err
	}},
	"directory.Directory.ChangeUser": {who: managers, do: func(ctx context.Context, f *floor, by string) error {
		_, err := f.dir.ChangeUser(ctx, by, "holder", func(u *directory.User) { u.FirstName = "Changed" })
		return err
	}},
	"directory.Directory.UpdateUser": {who: managers, do: func(ctx context.Context, f *floor, by string) error {
		_, err := f.dir.UpdateUser(ctx, by, directory.User{ID: "holder", FirstName: "Changed"})
		return err
	}},
	"directory.Directory.SetUserDisabled": {who: managers, do: func(ctx context.Context, f *floor, by string) error {
		_, err := f.dir.SetUserDisabled(ctx, by, "holder", true)
		return err
	}},
	"directory.Directory.DeleteUser": {who: managers, do: func(ctx context.Context, f *floor, by string) error {
		return f.dir.DeleteUser(ctx, by, "holder")
	}},

	"directory.Directory.AddGroup": {who: managers, do: func(ctx context.Context, f *floor, by string) error {
		return f.dir.AddGroup(ctx, by, directory.Group{Name: "New"})
	}},
	"directory.Directory.UpdateGroup": {who: managers, do: func(ctx context.Context, f *floor, by string) error {
		return f.dir.UpdateGroup(ctx, by, "Staff", directory.Group{Name: "People"})
	}},
	"directory.Directory.DeleteGroup": {who: managers, do: func(ctx context.Context, f *floor, by string) error {
		return f.dir.DeleteGroup(ctx, by, "Staff")
	}},
	"directory.Directory.AddMembers": {who: managers, do: func(ctx context.Context, f *floor, by string) error {
		_, err := f.dir.AddMembers(ctx, by, "Staff", []string{"carol"})
		return err
	}},
	"directory.Directory.RemoveMembers": {who: managers, do: func(ctx context.Context, f *floor, by string) error {
		_, err := f.dir.RemoveMembers(ctx, by, "Staff", []string{"holder"})
		return err
	}},

	"directory.Directory.RenameKey": {who: enrollers, do: func(ctx context.Context, f *floor, by string) error {
		_, err := f.dir.RenameKey(ctx, by, "active-of-holder", "Blue card")
		return err
	}},
	"directory.Directory.DisableKey": {who: managers, do: func(ctx context.Context, f *floor, by string) error {
		_, err := f.dir.DisableKey(ctx, by, "active-of-holder")
		return err
	}},
	"directory.Directory.EnableKey": {who: managers, do: func(ctx context.Context, f *floor, by string) error {
		_, err := f.dir.EnableKey(ctx, by, "disabled-of-holder")
		return err
	}},
	"directory.Directory.RevokeKey": {who: managers, do: func(ctx context.Context, f *floor, by string) error {
		_, err := f.dir.RevokeKey(ctx, by, "active-of-holder")
		return err
	}},
	"directory.Directory.ChangeKeySettings": {who: managers, do: func(ctx context.Context, f *floor, by string) error {
		_, err := f.dir.ChangeKeySettings(ctx, by, "active-of-holder", directory.KeySettings{Verification: directory.PIN, OfflineLogin: true})
		return err
	}},

	"directory.Directory.SetWorkspace": {who: managers, do: func(ctx context.Context, f *floor, by string) error {
		w := directory.DefaultWorkspace()
		w.Name = "Another"
		return f.dir.SetWorkspace(ctx, by, w)
	}},
	"directory.Directory.SetSecret": {who: managers, do: func(ctx context.Context, f *floor, by string) error {
		return f.dir.SetSecret(ctx, by, directory.SMTPPassword, "")
	}},
	"letter.Letters.Save": {who: managers, do: func(ctx context.Context, f *floor, by string) error {
		t := letter.Default(directory.TestMail, "en")
		t.Subject = "Another"
		_, err := (&letter.Letters{Directory: f.dir}).Save(ctx, by, t)
		return err
	}},
	"letter.Letters.Reset": {who: managers, do: func(ctx context.Context, f *floor, by string) error {
		_, err := (&letter.Letters{Directory: f.dir}).Reset(ctx, by, directory.TestMail, "en")
		return err
	}},

	"mail.Outbox.List": {who: everyRole, do: func(ctx context.Context, f *floor, by string) error {
		page, err := f.mail().List(ctx, by, directory.MessageQuery{})
		if err == nil && len(page.Messages) == 0 {
			err = errors.New("no mail was listed")
		}
		return err
	}},
	"mail.Outbox.Message": {who: everyRole, do: func(ctx context.Context, f *floor, by string) error {
		_, err := f.mail().Message(ctx, by, "mail-of-holder")
		return err
	}},
	"mail.Outbox.Retry": {who: enrollers, do: func(ctx context.Context, f *floor, by string) error {
		_, err := f.mail().Retry(ctx, by, "mail-of-holder")
		return err
	}},
	"mail.Outbox.Withdraw": {who: enrollers, do: func(ctx context.Context, f *floor, by string) error {
		_, err := f.mail().Withdraw(ctx, by, "mail-of-holder")
		return err
	}},
	"mail.Outbox.Test": {who: managers, do: func(ctx context.Context, f *floor, by string) error {
		_, err := f.mail().Test(ctx, by, "ada@example.org")
		var trouble *mail.Trouble
		if errors.As(err, &trouble) { // there is no server on this floor; what counts is that it was looked for
			err = nil
		}
		return err
	}},

	"activation.Tickets.Assign": {who: enrollers, do: func(ctx context.Context, f *floor, by string) error {
		_, err := f.tickets().Assign(ctx, activation.Assignment{UserID: "holder", Actor: by})
		return err
	}},
	"activation.Tickets.AssignAll": {who: enrollers, do: func(ctx context.Context, f *floor, by string) error {
		report, err := f.tickets().AssignAll(ctx, activation.BulkAssignment{Users: activation.Users([]string{"holder"}), Kind: directory.USBKey, Actor: by}, nil)
		if err == nil && report.Assigned != 1 {
			err = errors.New("no key was assigned")
		}
		return err
	}},
	"activation.Tickets.Resend": {who: enrollers, do: func(ctx context.Context, f *floor, by string) error {
		_, err := f.tickets().Resend(ctx, by, "pending-of-holder")
		return err
	}},
	"activation.Tickets.Show": {who: enrollers, do: func(ctx context.Context, f *floor, by string) error {
		_, err := f.tickets().Show(ctx, by, "pending-of-holder")
		return err
	}},
	"activation.Tickets.Withdraw": {who: enrollers, do: func(ctx context.Context, f *floor, by string) error {
		_, err := f.tickets().Withdraw(ctx, by, "pending-of-holder")
		return err
	}},
	"activation.Tickets.AskProof": {who: enrollers, do: func(ctx context.Context, f *floor, by string) error {
		return f.tickets().AskProof(ctx, by, "holder")
	}},
	"activation.Tickets.RenewKey": {who: managers, do: func(ctx context.Context, f *floor, by string) error {
		return f.tickets().RenewKey(ctx, by)
	}},

	"directory.Directory.Audit": {who: readers, do: func(ctx context.Context, f *floor, by string) error {
		_, err := f.dir.Audit(ctx, by, directory.AuditQuery{})
		return err
	}},
	"directory.Directory.Activities": {who: readers, do: func(ctx context.Context, f *floor, by string) error {
		_, err := f.dir.Activities(ctx, by, directory.ActivityQuery{})
		return err
	}},
	"directory.Directory.VerifyAudit": {who: readers, do: func(ctx context.Context, f *floor, by string) error {
		return f.dir.VerifyAudit(ctx, by)
	}},
	"directory.Directory.ExportAudit": {who: readers, do: func(ctx context.Context, f *floor, by string) error {
		n, err := f.dir.ExportAudit(ctx, by, &f.out, directory.AuditJSONLines, directory.ActivityQuery{}, nil)
		if err == nil && n == 0 {
			err = errors.New("no entry was exported")
		}
		return err
	}},

	"directory.Directory.RecordExport": {who: readers, do: func(ctx context.Context, f *floor, by string) error {
		return f.dir.RecordExport(ctx, by, nil)
	}},
	"directory.Directory.ExportPage": {who: readers, do: func(ctx context.Context, f *floor, by string) error {
		_, err := f.dir.ExportPage(ctx, by, directory.UserQuery{})
		return err
	}},
	"directory.Directory.ExportUsersByID": {who: readers, do: func(ctx context.Context, f *floor, by string) error {
		_, err := f.dir.ExportUsersByID(ctx, by, []string{"holder"})
		return err
	}},
	"bulk.Export.Write": {who: readers, do: func(ctx context.Context, f *floor, by string) error {
		_, err := (&bulk.Export{Directory: f.dir}).Write(ctx, by, &f.out, nil)
		return err
	}},
	"bulk.Export.File": {who: readers, do: func(ctx context.Context, f *floor, by string) error {
		_, err := (&bulk.Export{Directory: f.dir}).File(ctx, by, filepath.Join(f.folder, "users.csv"), nil)
		return err
	}},

	"directory.Directory.CompareImport": {who: managers, do: func(ctx context.Context, f *floor, by string) error {
		_, err := f.dir.CompareImport(ctx, by, []directory.ImportRow{{User: directory.User{ID: "new"}}}, directory.ImportRules{}, &directory.GroupBook{})
		return err
	}},
	"directory.Directory.ImportRows": {who: managers, do: func(ctx context.Context, f *floor, by string) error {
		rows := []directory.ImportRow{{User: directory.User{ID: "new"}}}
		_, err := f.dir.ImportRows(ctx, by, directory.NewImport(by, "users.csv"), rows, directory.ImportRules{}, true)
		return err
	}},
	"bulk.Import.Plan": {who: managers, do: func(ctx context.Context, f *floor, by string) error {
		_, err := (&bulk.Import{Directory: f.dir}).Plan(ctx, by, csv, bulk.Options{}, nil)
		return err
	}},
	"bulk.Import.Apply": {who: managers, do: func(ctx context.Context, f *floor, by string) error {
		im := &bulk.Import{Directory: f.dir}
		p, err := im.Plan(ctx, directory.StationActor, csv, bulk.Options{}, nil)
		if err != nil {
			return err
		}
		_, err = im.Apply(ctx, by, csv, bulk.Options{}, p, nil)
		return err
	}},

	"enroll.Enroller.Enroll": {who: enrollers, waits: true, do: func(ctx context.Context, f *floor, by string) error {
		_, err := f.enroller.Enroll(ctx, enroll.Request{UserID: "holder", Verification: directory.PIN, PINChooser: directory.UserHere, Actor: by}, holder{})
		return err
	}},
	"enroll.Enroller.ChangePIN": {who: enrollers, waits: true, do: func(ctx context.Context, f *floor, by string) error {
		_, err := f.enroller.ChangePIN(ctx, enroll.PINChange{KeyID: "active-of-holder", Actor: by}, holder{})
		return err
	}},
	"enroll.Enroller.GiveUp": {who: enrollers, do: func(ctx context.Context, f *floor, by string) error {
		return f.enroller.GiveUp(ctx, "carol", by)
	}},

	"admin.Admins.Add": {who: owners, do: func(ctx context.Context, f *floor, by string) error {
		return f.admins.Add(ctx, by, "carol", directory.Operator, password)
	}},
	"admin.Admins.SetRole": {who: owners, do: func(ctx context.Context, f *floor, by string) error {
		return f.admins.SetRole(ctx, by, "operator", directory.Auditor)
	}},
	"admin.Admins.SetPassword": {who: owners, do: func(ctx context.Context, f *floor, by string) error {
		return f.admins.SetPassword(ctx, by, "other-operator", password, "quite another sentence")
	}},
	"admin.Admins.SetPassword (their own)": {who: everyRole, do: func(ctx context.Context, f *floor, by string) error {
		self, ok := strings.CutPrefix(by, directory.AdminActor)
		if !ok {
			self = "operator"
		}
		return f.admins.SetPassword(ctx, by, self, password, "quite another sentence")
	}},
	"admin.Admins.Unlock": {who: owners, do: func(ctx context.Context, f *floor, by string) error {
		return f.admins.Unlock(ctx, by, "operator")
	}},
	"admin.Admins.Remove": {who: owners, do: func(ctx context.Context, f *floor, by string) error {
		return f.admins.Remove(ctx, by, "operator")
	}},
	"backup.Backup.Save": {who: managers, do: func(ctx context.Context, f *floor, by string) error {
		_, err := f.backups.Save(ctx, by, filepath.Join(f.folder, "backup"), nil)
		return err
	}},
	"backup.Backup.Restore": {who: owners, do: func(ctx context.Context, f *floor, by string) error {
		folder := filepath.Join(f.folder, "elsewhere")
		whole, err := os.ReadFile(filepath.Join(f.folder, bolt.Name))
		if err != nil {
			return err
		}
		if err := errors.Join(os.Mkdir(folder, 0o700), os.WriteFile(filepath.Join(folder, bolt.Name), whole, 0o600)); err != nil {
			return err
		}
		path := filepath.Join(folder, "backup")
		if _, err := backups(folder, f.dir.Now).Save(ctx, directory.StationActor, path, nil); err != nil {
			return err
		}
		_, err = f.backups.Restore(ctx, by, path)
		return err
	}},
	"directory.Directory.ChangeWorkspace": {who: managers, do: func(ctx context.Context, f *floor, by string) error {
		_, err := f.dir.ChangeWorkspace(ctx, by, func(w *directory.Workspace) error { w.Name = "Changed"; return nil })
		return err
	}},
	"directory.Directory.Look": {who: readers, do: func(ctx context.Context, f *floor, by string) error {
		return f.dir.Look(ctx, by, directory.SeeActivities)
	}},
	"directory.Directory.Record": {who: managers, do: func(ctx context.Context, f *floor, by string) error {
		return f.dir.Record(ctx, by, directory.BackUp, audit.Entry{Act: audit.BackedUp})
	}},
}

// unasked are methods with an actor that ask for no right, and why.
var unasked = map[string]string{
	"directory.Directory.UndoImport": "what must not stay half done cannot depend on who may still do what",
	"directory.NewImport":            "makes a record and keeps nothing",
	"directory.Allow":                "is what asks",
	"directory.AllowOn":              "is what asks",
	"directory.DropAdmin":            "is part of a transaction whose right was asked",

	"activation.Tickets.QueuePINMail": "is part of a transaction whose right was asked",
	"login.Login.Prove":               "the card proves whoever taps; the actor is for the record",
	"login.Login.ProveWhoever":        "the card proves whoever taps; the actor is for the record",
}

// TestRoles does every act as everybody, and looks at the whole store before and after.
func TestRoles(t *testing.T) {
	template := newFloorPlan(t)
	may := map[string]who{ // actors, and the role they have
		"admin:owner": "owner", "admin:administrator": "administrator", "admin:operator": "operator", "admin:auditor": "auditor",
		"admin:OPERATOR": "operator",
		"os:somebody":    "all", "station": "all",
		"admin:carol": "", "admin:removed": "", "admin:disabled": "", "admin:nobody": "", "admin:": "",
		"root:owner": "", "owner": "", "Station": "", "stationed": "", " admin:owner": "", "": "",
	}
	for name, act := range acts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for by, role := range may {
				f := template.floor(t)
				before := f.dump(t)
				ctx, cancel := context.WithCancel(t.Context())
				if act.waits {
					ctx, cancel = context.WithTimeout(t.Context(), 20*time.Millisecond)
				}
				err := act.do(ctx, f, by)
				cancel()
				if act.waits && errors.Is(err, context.DeadlineExceeded) {
					err = nil
				}
				allowed := role == "all" || role != "" && slices.Contains(strings.Fields(string(act.who)), string(role))
				var forbidden *directory.ForbiddenError
				switch {
				case allowed && err != nil:
					t.Errorf("%q: %v, want it done", by, err)
				case !allowed && by == "" && err == nil, !allowed && by != "" && !errors.As(err, &forbidden):
					t.Errorf("%q: %v, want *directory.ForbiddenError", by, err)
				case !allowed && (!bytes.Equal(before, f.dump(t)) || f.out.Len() > 0):
					t.Errorf("%q is refused, and yet the store was changed, or %d bytes were handed out", by, f.out.Len())
				}
				f.end(t)
			}
		})
	}
}

// TestNobodyBecomesAnAdminWhoMayMore does, to an admin, what would let somebody log in as them.
func TestNobodyBecomesAnAdminWhoMayMore(t *testing.T) {
	template := newFloorPlan(t)
	for name, do := range map[string]func(ctx context.Context, f *floor, by, id string) error{
		"enroll a card": func(ctx context.Context, f *floor, by, id string) error {
			_, err := f.enroller.Enroll(ctx, enroll.Request{UserID: id, Verification: directory.PIN, PINChooser: directory.UserHere, Actor: by}, holder{})
			return err
		},
		"change the PIN": func(ctx context.Context, f *floor, by, id string) error {
			_, err := f.enroller.ChangePIN(ctx, enroll.PINChange{KeyID: "active-of-" + id, Actor: by}, holder{})
			return err
		},
		"enable a key": func(ctx context.Context, f *floor, by, id string) error {
			_, err := f.dir.EnableKey(ctx, by, "disabled-of-"+id)
			return err
		},
		"change settings of a key": func(ctx context.Context, f *floor, by, id string) error {
			_, err := f.dir.ChangeKeySettings(ctx, by, "active-of-"+id, directory.KeySettings{Verification: directory.PIN, OfflineLogin: true})
			return err
		},
		"assign a key": func(ctx context.Context, f *floor, by, id string) error {
			_, err := f.tickets().Assign(ctx, activation.Assignment{UserID: id, Actor: by})
			return err
		},
		"mail a link again": func(ctx context.Context, f *floor, by, id string) error {
			_, err := f.tickets().Resend(ctx, by, "pending-of-"+id)
			return err
		},
		"look at a link": func(ctx context.Context, f *floor, by, id string) error {
			_, err := f.tickets().Show(ctx, by, "pending-of-"+id)
			return err
		},
		"withdraw a link": func(ctx context.Context, f *floor, by, id string) error {
			_, err := f.tickets().Withdraw(ctx, by, "pending-of-"+id)
			return err
		},
		"prove their address": func(ctx context.Context, f *floor, by, id string) error {
			return f.tickets().AskProof(ctx, by, id)
		},
		"send a mail again": func(ctx context.Context, f *floor, by, id string) error {
			_, err := f.mail().Retry(ctx, by, "mail-of-"+id)
			return err
		},
		"withdraw a mail": func(ctx context.Context, f *floor, by, id string) error {
			_, err := f.mail().Withdraw(ctx, by, "mail-of-"+id)
			return err
		},
		"change their address": func(ctx context.Context, f *floor, by, id string) error {
			_, err := f.dir.UpdateUser(ctx, by, directory.User{ID: id, Email: "eve@example.org"})
			return err
		},
		"disable": func(ctx context.Context, f *floor, by, id string) error {
			_, err := f.dir.SetUserDisabled(ctx, by, id, true)
			return err
		},
		"delete": func(ctx context.Context, f *floor, by, id string) error { return f.dir.DeleteUser(ctx, by, id) },
		"import": func(ctx context.Context, f *floor, by, id string) error {
			rows := []directory.ImportRow{{User: directory.User{ID: id, Email: "eve@example.org"}, Has: []string{"email"}}}
			_, err := f.dir.ImportRows(ctx, by, directory.NewImport(by, "users.csv"), rows, directory.ImportRules{}, true)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, test := range []struct{ by, on string }{
				{"admin:administrator", "owner"}, {"admin:operator", "owner"}, {"admin:operator", "administrator"},
				{"admin:operator", "auditor"},
			} {
				f := template.floor(t)
				before := f.dump(t)
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				err := do(ctx, f, test.by, test.on)
				cancel()
				var row *directory.RowRefusedError
				if !errors.Is(err, directory.ErrForbidden) && !errors.As(err, &row) {
					t.Errorf("%s on the %s: %v, want it refused", test.by, test.on, err)
				}
				if !bytes.Equal(before, f.dump(t)) {
					t.Errorf("%s on the %s: the store was changed", test.by, test.on)
				}
				f.end(t)
			}
		})
	}
}

// csv is a file to import.
var csv = bulk.File{Name: "users.csv", Size: 26, Open: func() (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader("user_id,email\nnew,n@x.org\n")), nil
}}

// floorPlan is the bytes of a directory in which there is somebody and something for every act.
type floorPlan []byte

func newFloorPlan(t *testing.T) floorPlan {
	t.Helper()
	d := newDesk(t)
	for _, id := range []string{"owner", "administrator", "operator", "other-operator", "auditor", "removed", "disabled"} {
		role := directory.Role(strings.TrimPrefix(id, "other-"))
		if !slices.Contains(directory.Roles, role) {
			role = directory.Owner
		}
		d.addAdmin(id, role)
	}
	d.disable("disabled")
	d.addUser(directory.User{ID: "carol"})
	d.addUser(directory.User{ID: "holder", Groups: []string{"Staff"}})
	d.must(func(a *admin.Admins) error {
		return errors.Join(a.Remove(t.Context(), by, "removed"), a.Directory.Store.Update(t.Context(), func(tx directory.Tx) error {
			for _, id := range []string{"holder", "owner", "administrator", "operator", "auditor"} {
				m := directory.Message{ID: "mail-of-" + id, Kind: directory.ActivationMail, UserID: id, State: directory.Queued, Due: begin, Created: begin}
				if err := tx.PutMessage(m); err != nil {
					return err
				}
				for _, state := range []directory.KeyState{directory.Active, directory.Disabled} {
					k := directory.SecurityKey{
						ID: string(state) + "-of-" + id, UserID: id, Name: string(state), Kind: directory.Card, State: state, Verification: directory.PIN,
						RPID: "localhost", Credential: directory.Credential{ID: []byte(id + string(state)), PublicKey: []byte{1}}, Created: begin,
					}
					if err := tx.PutKey(k); err != nil {
						return err
					}
				}
			}
			return tx.PutEnrollment(directory.Enrollment{UserID: "carol", KeyID: "lost", Stage: directory.Registering, Started: begin})
		}))
	})
	d.must(func(a *admin.Admins) error { return mailable(t.Context(), a.Directory) })
	plan, err := os.ReadFile(d.path)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// floor is a station of its own on a copy of the plan.
type floor struct {
	folder   string
	dir      *directory.Directory
	admins   *admin.Admins
	enroller *enroll.Enroller
	backups  *backup.Backup
	out      bytes.Buffer
	close    func() error
}

func (plan floorPlan) floor(t *testing.T) *floor {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, bolt.Name), plan, 0o600); err != nil {
		t.Fatal(err)
	}
	store, cache := bolt.New(filepath.Join(folder, bolt.Name)), offline.New(filepath.Join(folder, offline.Name))
	now := func() time.Time { return begin.Add(time.Hour) }
	dir := &directory.Directory{Store: store, Offline: cache, Now: now}
	board := device.NewBoard(nil)
	return &floor{
		folder: folder, dir: dir, backups: backups(folder, now),
		admins: &admin.Admins{Directory: dir, Cost: cheap, Login: &login.Login{Directory: dir, Cache: cache, Board: board}},
		enroller: &enroll.Enroller{Directory: dir, Board: board, Seal: seal.New(folder, seal.Options{FileOnly: true}),
			RelyingParty: func(w directory.Workspace) (enroll.RelyingParty, error) { return rp.NewWorkspace(w) }},
		close: func() error { return errors.Join(store.Close(), cache.Close()) },
	}
}

// mailable lets links be mailed, by a server that does not answer, and mails one to each of those who hold keys.
func mailable(ctx context.Context, dir *directory.Directory) error {
	holders := []string{"holder", "owner", "administrator", "operator", "auditor"}
	err := dir.Store.Update(ctx, func(tx directory.Tx) error {
		w, err := tx.Workspace()
		if err != nil {
			return err
		}
		w.Mail = directory.MailSettings{Host: "127.0.0.1", Port: 1, Security: directory.Plain, From: "keys@localhost"}
		w.Portal.URL = "http://localhost:8080"
		if err := tx.PutWorkspace(w); err != nil {
			return err
		}
		for _, id := range holders {
			u, err := tx.User(id)
			if err != nil {
				return err
			}
			u.Email = id + "@localhost"
			k := directory.SecurityKey{ID: "pending-of-" + id, UserID: id, Name: "pending", Kind: directory.Card, State: directory.Pending,
				Verification: directory.PIN, RPID: "localhost", Created: begin}
			if err := errors.Join(tx.PutUser(u), tx.PutKey(k)); err != nil {
				return err
			}
		}
		return nil
	})
	tickets := &activation.Tickets{Directory: dir, Seal: unsealed{}}
	for _, id := range holders {
		if err == nil {
			_, err = tickets.Resend(ctx, directory.StationActor, "pending-of-"+id)
		}
	}
	return err
}

// unsealed seals nothing: the sealing key of a data folder is no part of a plan.
type unsealed struct{}

func (unsealed) Seal(secret []byte, _ string) ([]byte, error) { return secret, nil }
func (unsealed) Open(sealed []byte, _ string) ([]byte, error) { return sealed, nil }

func (f *floor) tickets() *activation.Tickets {
	return &activation.Tickets{Directory: f.dir, Seal: unsealed{}}
}

func (f *floor) mail() *mail.Outbox { return &mail.Outbox{Directory: f.dir} }

func (f *floor) end(t *testing.T) {
	t.Helper()
	if err := f.close(); err != nil {
		t.Error(err)
	}
}

// dump is everything that is kept: the bytes of the directory. A transaction that fails writes none.
// backups are those of the directory in a folder.
func backups(folder string, now func() time.Time) *backup.Backup {
	store := bolt.New(filepath.Join(folder, bolt.Name))
	return &backup.Backup{Store: store, Folder: folder,
		Directory: &directory.Directory{Store: store, Offline: offline.New(filepath.Join(folder, offline.Name)), Now: now}}
}

func (f *floor) dump(t *testing.T) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(f.folder, bolt.Name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
