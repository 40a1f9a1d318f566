package directory

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"tapstation/app/audit"
)

// ImportBatch is how many rows one transaction of an import takes at most.
const ImportBatch = batch

// MaxNewGroups is how many groups an import may make: a file that makes more has taken something else for a group.
const MaxNewGroups = 10_000

// NotAllowed is the problem of a row about an admin who may do more than whoever imports it.
const NotAllowed Problem = "not_allowed"

// Import is an import of users under way. It is more than one transaction, so what it did is written down step by
// step (ImportStep) until it is over: then all of that is forgotten, or all of it is taken back (UndoImport).
type Import struct {
	ID    string // 8 random bytes in hex
	Actor string // who imports
	File  string // name of the file

	Created, Changed, Unchanged int // users so far

	// Undoing: it is being taken back, and nothing may be added to it any more. Reason says why.
	Undoing                 bool
	Reason                  string
	Removed, Restored, Kept int      // users taken back so far, and those that were left as they are
	KeptUsers               []string // User IDs of the first of those

	Started time.Time
	Renewed time.Time // when it last did something
}

// ImportStep is one thing an import did: it made or changed a user, or made a group.
type ImportStep struct {
	UserID string
	Handle []byte // of the user: another one of the same ID is not theirs
	Before *User  // nil: the import made the user
	After  *User  // likewise; else as the import left them

	Group string // that it made, when there is no UserID

	Stamp time.Time // User.Changed or Group.Created as the import left it
}

// Existing says what becomes of users who are in the directory already.
type Existing string

// What becomes of them.
const (
	Update Existing = "update" // what the file says replaces what is there
	Skip   Existing = "skip"   // they stay as they are
	Refuse Existing = "refuse" // the file is refused
)

// ImportRules hold for every row of an import.
type ImportRules struct {
	Groups   []string // that every user joins, whatever the row says
	Existing Existing // "": Update
}

// ImportRow is a user as a file tells of them.
type ImportRow struct {
	User User
	// Has are the fields the row tells of ("user_name", "groups", …); "user_id" always counts. What it does not tell of
	// stays as it is, and is empty in a new user.
	Has []string
}

// Outcome is what an import does with a row.
type Outcome string

// Outcomes.
const (
	WillCreate Outcome = "created"
	WillChange Outcome = "changed"
	WillKeep   Outcome = "unchanged"
	WillRefuse Outcome = "refused"
)

// Compared is what an import would do with a row.
type Compared struct {
	Outcome Outcome
	User    User         // as they will be
	Fields  []string     // that will change
	Wrong   []FieldError // why the row is refused
}

// What keeps an import from going on.
var (
	// ErrImporting is an import while another one is under way; it comes as an *ImportingError.
	ErrImporting = errors.New("another import is under way")
	// ErrImportLost is an import that somebody else has begun to take back, because it did not move for too long.
	ErrImportLost = errors.New("the import was taken back by another process, because it did not move for too long")
)

// ImportingError tells of the import that is under way. It is an ErrImporting.
type ImportingError struct {
	Import Import
	Held   *HeldError // the process that has it, where that is known
}

func (e *ImportingError) Error() string {
	switch {
	case e.Import.ID != "":
		return fmt.Sprintf("%s: %s imports %q since %s", ErrImporting, e.Import.Actor, e.Import.File,
			e.Import.Started.Local().Format("15:04:05"))
	case e.Held != nil:
		return fmt.Sprintf("%s: %v", ErrImporting, e.Held)
	}
	return ErrImporting.Error()
}

func (e *ImportingError) Unwrap() error { return ErrImporting }

// GroupBook remembers groups by their folded names while rows are compared: what they are really called, and which of
// them are not there yet.
type GroupBook struct {
	New map[string]string // folded: as it will be written
}

// name is how a group is written, or will be. ok is false when there would be too many new ones.
func (b *GroupBook) name(known map[string]string, tx Tx, name string) (written string, ok bool, err error) {
	folded := Fold(name)
	if written, ok := known[folded]; ok {
		return written, true, nil
	}
	g, err := tx.Group(name)
	switch {
	case err == nil:
		known[folded] = g.Name
		return g.Name, true, nil
	case !errors.Is(err, ErrNotFound):
		return "", false, fmt.Errorf("group %q: %w", name, err)
	}
	if written, ok := b.New[folded]; ok {
		return written, true, nil
	}
	if len(b.New) >= MaxNewGroups {
		return "", false, nil
	}
	if b.New == nil {
		b.New = map[string]string{}
	}
	b.New[folded] = name
	return name, true, nil
}

// CompareImport tells what an import would do with these rows, of which there are at most ImportBatch; book is kept from
// one call to the next. Nothing is changed.
func (d *Directory) CompareImport(ctx context.Context, by string, rows []ImportRow, rules ImportRules, book *GroupBook) ([]Compared, error) {
	var all []Compared
	err := d.look(ctx, by, ManageUsers, func(tx Tx) error {
		all = make([]Compared, 0, len(rows))
		known := map[string]string{}
		for _, row := range rows {
			c, err := compareRow(tx, by, row, rules, func(name string) (string, bool, error) { return book.name(known, tx, name) })
			if err != nil {
				return fmt.Errorf("compare user %q: %w", row.User.ID, err)
			}
			all = append(all, c.Compared)
		}
		return nil
	})
	return all, err
}

// comparedRow is a row with the user it is about, as they are now.
type comparedRow struct {
	Compared
	old User
}

// compareRow is the rule of what becomes of a row. written says how a group is written, or makes it.
func compareRow(tx Tx, by string, row ImportRow, rules ImportRules, written func(string) (string, bool, error)) (c comparedRow, err error) {
	u := tidy(row.User)
	if p := checkID(u.ID); p != "" {
		c.Outcome, c.User, c.Wrong = WillRefuse, u, Validate(u)
		return c, nil
	}
	old, err := tx.User(u.ID)
	there := err == nil
	if err != nil && !errors.Is(err, ErrNotFound) {
		return c, err
	}
	c.old, c.User = old, mergeRow(old, u, row.Has)
	if there && rules.Existing == Skip {
		c.Outcome, c.User = WillKeep, old
		return c, nil
	}
	if len(u.Groups) > MaxGroups {
		c.Outcome, c.Wrong = WillRefuse, []FieldError{{"groups", TooMany, MaxGroups}}
		return c, nil
	}
	c.User.Groups = joined(c.User.Groups, rules.Groups)
	c.Wrong = wrongIn(c.User, row.Has, rules)
	if there && rules.Existing == Refuse {
		c.Wrong = append(c.Wrong, FieldError{Field: "user_id", Problem: Taken})
	}
	if len(c.Wrong) == 0 {
		for i, name := range c.User.Groups {
			var ok bool
			if c.User.Groups[i], ok, err = written(name); err != nil {
				return c, err
			}
			if !ok {
				c.Wrong = append(c.Wrong, FieldError{"groups", TooMany, MaxNewGroups})
				break
			}
		}
		slices.SortFunc(c.User.Groups, compareFolded)
		c.User.Groups = slices.Compact(c.User.Groups)
	}
	switch {
	case len(c.Wrong) > 0:
		c.Outcome = WillRefuse
	case !there:
		c.Outcome = WillCreate
	default:
		if c.Fields = changedFields(old, c.User); len(c.Fields) == 0 {
			c.Outcome = WillKeep
			return c, nil
		}
		c.Outcome = WillChange
		err := AllowOn(tx, by, ManageUsers, old.ID)
		if errors.Is(err, ErrForbidden) {
			c.Outcome, c.Wrong = WillRefuse, []FieldError{{Field: "user_id", Problem: NotAllowed}}
			err = nil
		}
		return c, err
	}
	return c, nil
}

// mergeRow is what a row makes of a user, who is empty when there is none yet.
func mergeRow(old, u User, has []string) User {
	merged := old
	if old.ID == "" {
		merged.ID = u.ID
	}
	merged.Groups = slices.Clone(old.Groups)
	for _, field := range has {
		switch field {
		case "user_name":
			merged.UserName = u.UserName
		case "first_name":
			merged.FirstName = u.FirstName
		case "last_name":
			merged.LastName = u.LastName
		case "email":
			merged.Email = u.Email
		case "groups":
			merged.Groups = u.Groups
		case "language":
			merged.Language = u.Language
		}
	}
	return merged
}

// joined is groups and more, each once whatever its case.
func joined(groups, more []string) []string {
	all := make([]string, 0, len(groups)+len(more))
	for _, name := range slices.Concat(groups, more) {
		if !slices.ContainsFunc(all, func(there string) bool { return compareFolded(there, name) == 0 }) {
			all = append(all, name)
		}
	}
	return all
}

// wrongIn is what is wrong with a user in the fields the row tells of: what is wrong with the others is not its fault.
func wrongIn(u User, has []string, rules ImportRules) []FieldError {
	return slices.DeleteFunc(Validate(u), func(e FieldError) bool {
		return !slices.Contains(has, e.Field) && (e.Field != "groups" || len(rules.Groups) == 0)
	})
}

// NewImport is an import that has not begun.
func NewImport(by, file string) Import {
	id := make([]byte, 8)
	rand.Read(id) // never fails (crypto/rand)
	return Import{ID: fmt.Sprintf("%x", id), Actor: by, File: strings.ToValidUTF8(file, "\uFFFD")}
}

// RowRefusedError is a row that an import cannot take.
type RowRefusedError struct {
	Row   int // its place among those given
	Wrong []FieldError
}

func (e *RowRefusedError) Error() string { return (&InvalidError{e.Wrong}).Error() }

// ImportRows does an import's next rows, of which there are at most ImportBatch, and returns where it stands. The first
// call begins it, the one with last ends it: from then on it can no longer be taken back. It fails with *ImportingError,
// ErrImportLost, *ForbiddenError and *RowRefusedError; whoever is told any error and does not try again has to call
// UndoImport.
func (d *Directory) ImportRows(ctx context.Context, by string, i Import, rows []ImportRow, rules ImportRules, last bool) (Import, error) {
	var next Import
	err := d.change(ctx, by, ManageUsers, func(tx Tx, now time.Time) error {
		next = i
		first := next.Started.IsZero()
		if err := holdImport(tx, by, now, &next); err != nil {
			return err
		}
		w := importing{tx: tx, by: by, now: now, i: &next, journal: !first || !last, groups: map[string]string{}}
		for n, row := range rows {
			if err := w.row(n, row, rules); err != nil {
				return err
			}
		}
		next.Renewed = now
		if !last {
			return tx.PutImport(next)
		}
		if !first {
			if err := tx.DeleteImport(); err != nil {
				return err
			}
		}
		return tx.AppendAudit(audit.Entry{Time: now, Actor: by, Act: audit.UsersImported, Detail: map[string]string{
			"import": next.ID, "file": next.File, "created": strconv.Itoa(next.Created),
			"changed": strconv.Itoa(next.Changed), "unchanged": strconv.Itoa(next.Unchanged)}})
	})
	if err != nil {
		return i, fmt.Errorf("import %q: %w", i.File, err)
	}
	return next, nil
}

// holdImport begins an import, or sees to it that it is still the one under way.
func holdImport(tx Tx, by string, now time.Time, i *Import) error {
	there, err := tx.Import()
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if i.Started.IsZero() {
		if err == nil {
			return &ImportingError{Import: there}
		}
		i.Started = now
		return tx.AppendAudit(audit.Entry{Time: now, Actor: by, Act: audit.ImportBegun,
			Detail: map[string]string{"import": i.ID, "file": i.File}})
	}
	if err != nil || there.ID != i.ID || there.Undoing {
		return ErrImportLost
	}
	return nil
}

// importing is one transaction of an import.
type importing struct {
	tx      Tx
	by      string
	now     time.Time
	i       *Import
	journal bool // what is done is written down; where it all is one transaction there is nothing to take back
	groups  map[string]string
	shared  []byte // what the handles made in this transaction begin with
}

// sharedHandle is how many bytes the handles of one transaction have in common. They tell no more than that, 28 random
// ones are unique without asking anybody, and an index has them beside each other: wholly random ones would have it write
// a page for each.
const sharedHandle = 4

func (w *importing) handle() []byte {
	if w.shared == nil {
		w.shared = make([]byte, sharedHandle)
		rand.Read(w.shared) // never fails (crypto/rand)
	}
	h := make([]byte, handleSize)
	rand.Read(h[copy(h, w.shared):])
	return h
}

func (w *importing) row(n int, row ImportRow, rules ImportRules) error {
	c, err := compareRow(w.tx, w.by, row, rules, w.group)
	if err != nil {
		return fmt.Errorf("user %q: %w", row.User.ID, err)
	}
	u := c.User
	switch c.Outcome {
	case WillRefuse:
		return &RowRefusedError{Row: n, Wrong: c.Wrong}
	case WillKeep:
		w.i.Unchanged++
		return nil
	case WillCreate:
		w.i.Created++
		u.Handle = w.handle()
		u.Created = w.now
	case WillChange:
		w.i.Changed++
	}
	u.Changed = w.now
	if err := w.tx.PutUser(u); err != nil {
		return err
	}
	step := ImportStep{UserID: u.ID, Handle: u.Handle, Stamp: w.now}
	entry := audit.Entry{Time: w.now, Actor: w.by, Act: audit.UserAdded, User: u.ID, Detail: map[string]string{"import": w.i.ID}}
	if c.Outcome == WillChange {
		step.Before, step.After = &c.old, &u
		entry.Act = audit.UserChanged
		entry.Detail["fields"] = strings.Join(c.Fields, ",")
	}
	if w.journal {
		if err := w.tx.PutImportStep(step); err != nil {
			return err
		}
	}
	return w.tx.AppendAudit(entry)
}

// group makes the group when it is not there yet.
func (w *importing) group(name string) (string, bool, error) {
	folded := Fold(name)
	if written, ok := w.groups[folded]; ok {
		return written, true, nil
	}
	g, err := w.tx.Group(name)
	if errors.Is(err, ErrNotFound) {
		g = Group{Name: name}
		if err = addGroup(w.tx, w.by, w.now, g); err == nil && w.journal {
			err = w.tx.PutImportStep(ImportStep{Group: name, Stamp: w.now})
		}
	}
	if err != nil {
		return "", false, fmt.Errorf("group %q: %w", name, err)
	}
	w.groups[folded] = g.Name
	return g.Name, true, nil
}

// ImportUnderWay is the import that has begun and not ended; ErrNotFound when there is none.
func (d *Directory) ImportUnderWay(ctx context.Context) (Import, error) {
	var i Import
	err := d.Store.View(ctx, func(tx Tx) (err error) {
		i, err = tx.Import()
		return err
	})
	return i, err
}

// NewGroups are the names of the groups that would be made, sorted.
func (b *GroupBook) NewGroups() []string {
	return slices.SortedFunc(maps.Values(b.New), compareFolded)
}
