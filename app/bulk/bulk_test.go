package bulk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/app/sheet"
	"tapstation/storage/storagetest"
)

const by = "os:ada"

// office is a directory and what imports into it.
type office struct {
	t   testing.TB
	dir *directory.Directory
	im  *Import
}

func newOffice(t testing.TB) *office {
	dir := &directory.Directory{Store: storagetest.Open(t)}
	return &office{t: t, dir: dir, im: &Import{Directory: dir}}
}

// text is a file of this text.
func text(s string) File {
	return File{Name: "people.csv", Size: int64(len(s)), Open: func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(s)), nil
	}}
}

// many is a file of n new users, long enough for several batches.
func many(n int) string {
	var b strings.Builder
	b.WriteString("user_id,first_name,email,groups\n")
	for i := range n {
		fmt.Fprintf(&b, "u%07d,Ada %d,u%d@example.org,Staff;Floor %d\n", i, i, i, i%7)
	}
	return b.String()
}

func (o *office) plan(f File, opts Options) Plan {
	o.t.Helper()
	p, err := o.im.Plan(context.Background(), by, f, opts, nil)
	if err != nil {
		o.t.Fatalf("Plan: %v", err)
	}
	return p
}

func (o *office) apply(f File, opts Options) Result {
	o.t.Helper()
	res, err := o.im.Apply(context.Background(), by, f, opts, o.plan(f, opts), nil)
	if err != nil {
		o.t.Fatalf("Apply: %v", err)
	}
	return res
}

// users are all users, as a line each.
func (o *office) users() []string {
	o.t.Helper()
	var lines []string
	q := directory.UserQuery{Limit: 1000}
	for {
		page, err := o.dir.Users(context.Background(), q)
		if err != nil {
			o.t.Fatalf("Users: %v", err)
		}
		for _, row := range page.Rows {
			u := row.User
			lines = append(lines, strings.Join([]string{u.ID, u.UserName, u.FirstName, u.LastName, u.Email, strings.Join(u.Groups, ";")}, "|"))
		}
		if page.Next == "" {
			return lines
		}
		q.After = page.Next
	}
}

func (o *office) groups() []string {
	o.t.Helper()
	all, err := o.dir.Groups(context.Background())
	if err != nil {
		o.t.Fatalf("Groups: %v", err)
	}
	var names []string
	for _, g := range all {
		names = append(names, g.Name)
	}
	return names
}

// acts counts what is on record, and checks the record.
func (o *office) acts() map[audit.Act]int {
	o.t.Helper()
	if err := o.dir.VerifyAudit(context.Background(), by); err != nil {
		o.t.Errorf("VerifyAudit: %v", err)
	}
	counts := map[audit.Act]int{}
	for from := uint64(1); ; {
		page, err := o.dir.Audit(context.Background(), by, directory.AuditQuery{From: from, Limit: 10_000})
		if err != nil {
			o.t.Fatalf("Audit: %v", err)
		}
		for _, e := range page {
			counts[e.Act]++
			from = e.Seq + 1
		}
		if len(page) < 10_000 {
			return counts
		}
	}
}

func (o *office) add(u directory.User) directory.User {
	o.t.Helper()
	u, err := o.dir.AddUser(context.Background(), by, u)
	if err != nil {
		o.t.Fatalf("AddUser(%q): %v", u.ID, err)
	}
	return u
}

// idle fails when an import is still under way.
func (o *office) idle() {
	o.t.Helper()
	if i, err := o.dir.ImportUnderWay(context.Background()); !errors.Is(err, directory.ErrNotFound) {
		o.t.Errorf("an import is still under way: %+v, %v", i, err)
	}
}

func utf16File(s string) string {
	b := []byte{0xFF, 0xFE}
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return string(b)
}

func TestUsersAreImported(t *testing.T) {
	o := newOffice(t)
	o.add(directory.User{ID: "Grace", FirstName: "Grace", LastName: "Murray", Email: "grace@example.org", Groups: []string{"Navy"}})
	o.add(directory.User{ID: "alan", FirstName: "Alan", LastName: "Turing"})
	const file = "user_id,first_name,last_name,groups\n" +
		"ada,Ada, Lovelace ,\"Staff; staff;Mathematics\"\n" +
		"grace,Grace,Hopper,\n" +
		"alan,Alan,Turing,\n"
	p := o.plan(text(file), Options{})
	if p.Created != 1 || p.Changed != 1 || p.Unchanged != 1 || p.Refused != 0 || p.Users() != 3 {
		t.Errorf("the plan is %+v, want one each of created, changed and unchanged", p)
	}
	if diff := cmp.Diff([]string{"Mathematics", "Staff"}, p.NewGroups); diff != "" {
		t.Errorf("new groups (-want +got):\n%s", diff)
	}
	if s := p.Samples[1]; s.Line != 3 || s.Outcome != directory.WillChange || s.User.ID != "Grace" || !slices.Equal(s.Fields, []string{"last_name", "groups"}) {
		t.Errorf("of the third line it is told %+v, want that Grace changes in last name and groups", s)
	}
	if got := o.groups(); !slices.Equal(got, []string{"Navy"}) {
		t.Errorf("after the plan there are groups %q: it must not change anything", got)
	}
	if got := o.apply(text(file), Options{}); got != (Result{Created: 1, Changed: 1, Unchanged: 1}) {
		t.Errorf("the result is %+v, want as planned", got)
	}
	want := []string{"ada||Ada|Lovelace||Mathematics;Staff", "alan||Alan|Turing||", "Grace||Grace|Hopper|grace@example.org|"}
	if diff := cmp.Diff(want, o.users()); diff != "" {
		t.Errorf("users (-want +got):\n%s", diff)
	}
	wantActs := map[audit.Act]int{audit.UserAdded: 3, audit.UserChanged: 1, audit.GroupAdded: 3, audit.ImportBegun: 1, audit.UsersImported: 1}
	if diff := cmp.Diff(wantActs, o.acts()); diff != "" {
		t.Errorf("on record (-want +got):\n%s", diff)
	}
	u, _, err := o.dir.User(t.Context(), "ada")
	if err != nil || len(u.Handle) != 32 || u.Created.IsZero() {
		t.Errorf("an imported user is %+v, %v, want a handle of 32 bytes and a time", u, err)
	}
	o.idle()
}

func TestManyBatchesAreOneImport(t *testing.T) {
	o := newOffice(t)
	n := 3*directory.ImportBatch + 1
	file := text(many(n))
	var seen []Progress
	p := o.plan(file, Options{Groups: []string{"Imported"}})
	if _, err := o.im.Apply(t.Context(), by, file, Options{Groups: []string{"Imported"}}, p, func(pr Progress) { seen = append(seen, pr) }); err != nil {
		t.Fatal(err)
	}
	if got := o.acts(); got[audit.UserAdded] != n || got[audit.ImportBegun] != 1 || got[audit.UsersImported] != 1 || got[audit.GroupAdded] != 9 {
		t.Errorf("on record are %v, want %d users, 9 groups, one import", got, n)
	}
	if !slices.IsSortedFunc(seen, func(a, b Progress) int { return a.Lines - b.Lines }) || len(seen) != 3 || seen[2].Bytes > file.Size {
		t.Errorf("progress was %+v, want three steps forward", seen)
	}
	for i, line := range o.users() {
		if want := fmt.Sprintf("u%07d||Ada %d||u%d@example.org|Floor %d;Imported;Staff", i, i, i, i%7); line != want {
			t.Fatalf("user %d is %q, want %q", i, line, want)
		}
	}
	o.idle()
	if p := o.plan(file, Options{Groups: []string{"Imported"}}); p.Unchanged != n || len(p.NewGroups) != 0 {
		t.Errorf("planned again: %d unchanged and groups %q, want %d and none", p.Unchanged, p.NewGroups, n)
	}
}

func TestOnlyWhatAFileTellsOfChanges(t *testing.T) {
	whole := directory.User{ID: "ada", UserName: "al", FirstName: "Ada", LastName: "Lovelace", Email: "ada@example.org", Groups: []string{"A", "B"}}
	for _, c := range []struct {
		name, file string
		opts       Options
		want       string
	}{
		{"an empty cell empties", "user_id,email\nADA,\n", Options{}, "ada|al|Ada|Lovelace||A;B"},
		{"groups replace", "user_id,groups\nada,b;C\n", Options{}, "ada|al|Ada|Lovelace|ada@example.org|B;C"},
		{"no groups", "user_id,groups\nada,\n", Options{}, "ada|al|Ada|Lovelace|ada@example.org|"},
		{"groups for all join those there", "user_id\nada\n", Options{Groups: []string{"C", "a"}}, "ada|al|Ada|Lovelace|ada@example.org|A;B;C"},
		{"groups for all join those of the file", "user_id,groups\nada,D\n", Options{Groups: []string{"C"}}, "ada|al|Ada|Lovelace|ada@example.org|C;D"},
		{"a column left out", "user_id,email,first_name\nada,x@example.org,Augusta\n", Options{Columns: map[Field]int{UserID: 0, FirstName: 2}},
			"ada|al|Augusta|Lovelace|ada@example.org|A;B"},
		{"a short line", "user_id,first_name,email\nada,Augusta\n", Options{}, "ada|al|Augusta|Lovelace|ada@example.org|A;B"},
		{"skipped", "user_id,first_name\nada,Augusta\n", Options{Existing: directory.Skip, Groups: []string{"C"}}, "ada|al|Ada|Lovelace|ada@example.org|A;B"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := newOffice(t)
			o.add(whole)
			o.apply(text(c.file), c.opts)
			if got := o.users(); !slices.Equal(got, []string{c.want}) {
				t.Errorf("after %q there are\n%q, want\n%q", c.file, got, c.want)
			}
		})
	}
}

// TestRefusals is every way in which a line cannot be imported: where it stands and why is told, and nothing is imported.
func TestRefusals(t *testing.T) {
	const head = "user_id,first_name,email,groups\nok,,,\n"
	long := strings.Repeat("x", 10<<20)
	for _, c := range []struct {
		name, file string
		opts       Options
		want       Refusal
	}{
		{"no User ID", head + ",Ada,,\n", Options{}, Refusal{Line: 3, Column: "user_id", Cell: 1, Field: UserID, Problem: directory.Required}},
		{"spaces around it", head + "\" ada\",,,\n", Options{}, Refusal{Line: 3, Column: "user_id", Cell: 1, Field: UserID, Problem: directory.SurroundingSpace, Value: " ada"}},
		{"twice", head + "ada,,,\nOK,,,\n", Options{}, Refusal{Line: 4, Column: "user_id", Cell: 1, Field: UserID, Problem: Duplicate, Other: 2, Value: "OK"}},
		{"no e-mail address", head + "ada,,not an address,\n", Options{}, Refusal{Line: 3, Column: "email", Cell: 3, Field: Email, Problem: directory.InvalidEmail, Value: "not an address"}},
		{"a long name", head + "ada," + strings.Repeat("x", 129) + ",,\n", Options{},
			Refusal{Line: 3, Column: "first_name", Cell: 2, Field: FirstName, Problem: directory.TooLong, Limit: 128, Value: strings.Repeat("x", 60) + "…"}},
		{"a line end in a name", head + "\"a\",\"A\nda\",,\n", Options{}, Refusal{Line: 3, Column: "first_name", Cell: 2, Field: FirstName, Problem: directory.InvalidCharacters, Value: "A\nda"}},
		{"too many groups", head + "ada,,," + strings.Repeat("g;", 101) + "\n", Options{},
			Refusal{Line: 3, Column: "groups", Cell: 4, Field: Groups, Problem: directory.TooMany, Limit: 100, Value: strings.Repeat("g;", 30) + "…"}},
		{"ten megabytes", head + "ada," + long + ",,\n", Options{}, Refusal{Line: 3, Column: "first_name", Cell: 2, Field: FirstName, Problem: "cell_too_long", Value: long[:60]}},
		{"NUL", head + "a\x00da,,,\n", Options{}, Refusal{Line: 3, Column: "user_id", Cell: 1, Field: UserID, Problem: "nul", Value: "a\x00da"}},
		{"NUL in a column nobody wants", "user_id,notes\nada,\x00\n", Options{}, Refusal{Line: 2, Column: "notes", Cell: 2, Problem: "nul", Value: "\x00"}},
		{"no UTF-8", "user_id,first_name\nök,Zoë\nada,Zo\xEB\n", Options{}, Refusal{Line: 3, Column: "first_name", Cell: 2, Field: FirstName, Problem: "invalid_text", Value: "Zo\uFFFD"}},
		{"a quote never closed", head + "ada,\"Ada,,\nbob,,,\n", Options{}, Refusal{Line: 3, Column: "first_name", Cell: 2, Field: FirstName, Problem: "unclosed_quote", Value: "Ada,,\nbob,,,\n"}},
		{"text after a quote", head + "ada,\"Ada\"x,,\n", Options{}, Refusal{Line: 3, Column: "first_name", Cell: 2, Field: FirstName, Problem: "stray_quote", Value: "Adax"}},
		{"too many cells", head + "ada,,,,,surplus\n", Options{}, Refusal{Line: 3, Cell: 6, Problem: ExtraCells, Value: "surplus"}},
		{"cut off", head + "ada,Ad", Options{}, Refusal{Line: 3, Column: "first_name", Cell: 2, Field: FirstName, Problem: CutOff, Value: "Ad"}},
		{"there already", head + "Grace,,,\n", Options{Existing: directory.Refuse}, Refusal{Line: 3, Column: "user_id", Cell: 1, Field: UserID, Problem: directory.Taken, Value: "Grace"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := newOffice(t)
			o.add(directory.User{ID: "grace"})
			p := o.plan(text(c.file), c.opts)
			if p.Refused != 1 || len(p.Refusals) != 1 {
				t.Fatalf("%d lines are refused for %v, want one", p.Refused, p.Refusals)
			}
			if diff := cmp.Diff(c.want, p.Refusals[0]); diff != "" {
				t.Errorf("refused (-want +got):\n%s", diff)
			}
			var refused *RefusedError
			if _, err := o.im.Apply(t.Context(), by, text(c.file), c.opts, p, nil); !errors.As(err, &refused) {
				t.Errorf("Apply: %v, want a *RefusedError", err)
			}
			if got := o.users(); len(got) != 1 {
				t.Errorf("there are users %q, want grace only", got)
			}
		})
	}
}

// TestWholeFilesAreRefused is what makes no import at all.
func TestWholeFilesAreRefused(t *testing.T) {
	for _, c := range []struct {
		name, file string
		opts       Options
		want       error
	}{
		{"nothing", "", Options{}, ErrEmpty},
		{"a mark only", "\uFEFF", Options{}, ErrEmpty},
		{"blank lines", "\n\r\n\n", Options{}, ErrEmpty},
		{"header only", "user_id,email\n", Options{}, ErrNoUsers},
		{"header and blank lines", "user_id,email\r\n,\r\n\r\n", Options{}, ErrNoUsers},
		{"unknown columns", "a,b\n1,2\n", Options{}, ErrNoID},
		{"a wrong delimiter", "user_id;email\nada;a@example.org\n", Options{}, nil},
		{"no User ID by hand", "user_id,email\n1,2\n", Options{Columns: map[Field]int{Email: 1}}, ErrNoID},
		{"a column that is not there", "user_id,email\n1,2\n", Options{Columns: map[Field]int{UserID: 0, Email: 2}}, ErrColumns},
		{"one column for two", "user_id,email\n1,2\n", Options{Columns: map[Field]int{UserID: 0, Email: 0}}, ErrColumns},
		{"no such field", "user_id,email\n1,2\n", Options{Columns: map[Field]int{UserID: 0, "pin": 1}}, ErrColumns},
		{"a bad group for all", "user_id\nada\n", Options{Groups: []string{"a;b"}}, &directory.InvalidError{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := newOffice(t)
			f := text(c.file)
			if c.name == "a wrong delimiter" {
				f.Format = sheet.Format{Delimiter: ','}
				c.want = ErrNoID
			}
			_, err := o.im.Plan(t.Context(), by, f, c.opts, nil)
			var invalid *directory.InvalidError
			if errors.As(c.want, &invalid) {
				if !errors.As(err, &invalid) || invalid.Fields[0].Field != "groups" {
					t.Errorf("Plan: %v, want that the groups are invalid", err)
				}
				return
			}
			if !errors.Is(err, c.want) {
				t.Errorf("Plan: %v, want %v", err, c.want)
			}
		})
	}
	var header *HeaderError
	o := newOffice(t)
	if _, err := o.im.Inspect(t.Context(), text("user_id,"+strings.Repeat("x", 10<<20)+"\n1,2\n")); !errors.As(err, &header) || header.Line != 1 || header.Cell != 2 || header.Problem != "cell_too_long" {
		t.Errorf("a name of a column of ten megabytes: %v, want its line and place", err)
	}
}

func TestRefusalsAreCountedAndToldInOrder(t *testing.T) {
	o := newOffice(t)
	var b strings.Builder
	b.WriteString("user_id,email\n")
	for i := range 5000 {
		fmt.Fprintf(&b, "u%d,%s\n", i, []string{"", "wrong"}[i%2])
	}
	p := o.plan(text(b.String()), Options{})
	if p.Refused != 2500 || p.Created != 2500 || len(p.Refusals) != maxRefusals {
		t.Errorf("%d refused, %d created, %d told, want 2500, 2500 and %d", p.Refused, p.Created, len(p.Refusals), maxRefusals)
	}
	if !slices.IsSortedFunc(p.Refusals, func(a, b Refusal) int { return a.Line - b.Line }) {
		t.Error("refusals are not in the order of the file")
	}
}

func TestGroupsThatAreNoneAreRefused(t *testing.T) {
	o := newOffice(t)
	var b strings.Builder
	b.WriteString("user_id,groups\n")
	for i := range directory.MaxNewGroups + 2 {
		fmt.Fprintf(&b, "u%d,group %d\n", i, i)
	}
	p := o.plan(text(b.String()), Options{})
	if p.Refused != 2 || p.Refusals[0].Problem != directory.TooMany || p.Refusals[0].Limit != directory.MaxNewGroups {
		t.Errorf("%d lines are refused, first %v, want the two beyond %d new groups", p.Refused, p.Refusals[:1], directory.MaxNewGroups)
	}
}

func TestFormatsAreRecognised(t *testing.T) {
	for _, c := range []struct {
		name, file string
		encoding   sheet.Encoding
		delimiter  string
		columns    map[Field]int
	}{
		{"our own", "user_id,user_name,first_name,last_name,email,groups\nada,al,Ada,Lovelace,a@example.org,X\n", sheet.UTF8, ",",
			map[Field]int{UserID: 0, UserName: 1, FirstName: 2, LastName: 3, Email: 4, Groups: 5}},
		{"Excel in German", "\uFEFFBenutzer-ID;Vorname;Nachname;E-Mail-Adresse;Gruppen\r\nada;Ada;Lovelace;a@example.org;\"X;Y\"\r\n", sheet.UTF8, ";",
			map[Field]int{UserID: 0, FirstName: 1, LastName: 2, Email: 3, Groups: 4}},
		{"Excel's Unicode text", utf16File("USER ID\tFirst Name\tSurname\tE-Mail\r\nada\tAda\tLovelace\ta@example.org\r\n"), sheet.UTF16LE, "\t",
			map[Field]int{UserID: 0, FirstName: 1, LastName: 2, Email: 3}},
		{"Active Directory", "\"sAMAccountName\",\"GivenName\",\"Surname\",\"UserPrincipalName\",\"mail\"\nada,Ada,Lovelace,ada@ex,a@example.org\n", sheet.UTF8, ",",
			map[Field]int{UserID: 0, FirstName: 1, LastName: 2, UserName: 3, Email: 4}},
		{"Windows-1252", "Kennung;Name;Vorname\nada;L\xF6velace;Ada\n", sheet.Windows1252, ";",
			map[Field]int{UserID: 0, LastName: 1, FirstName: 2}},
		{"log-in only", "Login;Mail\nada;a@example.org\n", sheet.UTF8, ";", map[Field]int{UserID: 0, Email: 1}},
		{"user name only", "Username;Mail\nada;a@example.org\n", sheet.UTF8, ";", map[Field]int{UserID: 0, Email: 1}},
		{"log-in and ID", "Login,ID\nal,ada\n", sheet.UTF8, ",", map[Field]int{UserID: 0}},
		{"user ID and log-in", "Login,user_id\nal,ada\n", sheet.UTF8, ",", map[Field]int{UserID: 1, UserName: 0}},
		{"twice the same", "user_id,E-Mail,e_mail\nada,a@example.org,b\n", sheet.UTF8, ",", map[Field]int{UserID: 0, Email: 1}},
		{"languages", "user_id,preferredLanguage,Sprache\nada,de,en\n", sheet.UTF8, ",", map[Field]int{UserID: 0, Language: 1}},
		{"nothing known", "Foo,Name\na,b\n", sheet.UTF8, ",", map[Field]int{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, err := newOffice(t).im.Inspect(t.Context(), text(c.file))
			if err != nil {
				t.Fatal(err)
			}
			if l.Encoding != c.encoding || l.Delimiter != c.delimiter {
				t.Errorf("it looks like %s with %q, want %s with %q", l.Encoding, l.Delimiter, c.encoding, c.delimiter)
			}
			if !maps.Equal(l.Columns, c.columns) {
				t.Errorf("recognised are %v, want %v", l.Columns, c.columns)
			}
			if len(l.Sample) != 1 || len(l.Sample[0]) != len(l.Header) {
				t.Errorf("the sample is %q, want one line as long as the header", l.Sample)
			}
		})
	}
	l := Layout{Header: []string{"E-Mail", "Straße"}}
	if l.Column(" STRASSE") != 1 || l.Column("e-mail") != 0 || l.Column("mail") != -1 {
		t.Error("a column is not found by its name whatever its case")
	}
}

func TestUsersOfEveryFormatAreTheSame(t *testing.T) {
	const want = "ada||Zoë|Lövelace||A;B"
	for name, file := range map[string]string{
		"UTF-8":        "user_id,first_name,last_name,groups\nada,Zoë,Lövelace,A;B\n",
		"mark":         "\uFEFFuser_id,first_name,last_name,groups\r\nada,Zoë,Lövelace,A;B\r\n",
		"semicolons":   "sep=;\r\nuser_id;first_name;last_name;groups\r\nada;Zoë;Lövelace;\"A;B\"\r\n",
		"UTF-16":       utf16File("user_id\tfirst_name\tlast_name\tgroups\r\nada\tZoë\tLövelace\tA;B"),
		"Windows-1252": "user_id,first_name,last_name,groups\rada,Zo\xEB,L\xF6velace,A;B\r",
	} {
		o := newOffice(t)
		o.apply(text(file), Options{})
		if got := o.users(); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: there are %q, want %q", name, got, want)
		}
	}
}

func TestWhatIsNoFileIsNotOpened(t *testing.T) {
	dir := t.TempDir()
	for name, path := range map[string]string{"folder": dir, "device": os.DevNull} {
		if _, err := OnDisk(path); !errors.Is(err, ErrNotAFile) {
			t.Errorf("%s: %v, want ErrNotAFile", name, err)
		}
	}
	if _, err := OnDisk(filepath.Join(dir, "missing.csv")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v, want os.ErrNotExist", err)
	}
	path := filepath.Join(dir, "people.csv")
	if err := os.WriteFile(path, []byte("user_id\nada\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := OnDisk(path)
	if err != nil || f.Name != "people.csv" || f.Size != 12 {
		t.Fatalf("OnDisk is %+v, %v, want its name and size", f, err)
	}
	if err := errors.Join(os.Remove(path), os.Mkdir(path, 0o700)); err != nil {
		t.Fatal(err)
	}
	o := newOffice(t)
	if _, err := o.im.Inspect(t.Context(), f); !errors.Is(err, ErrNotAFile) {
		t.Errorf("a folder in its place: %v, want ErrNotAFile", err)
	}
}

func TestOnlyThoseWhoMayImportAndExport(t *testing.T) {
	o := newOffice(t)
	ctx := t.Context()
	for id, role := range map[string]directory.Role{"boss": directory.Owner, "deputy": directory.Administrator, "operator": directory.Operator, "auditor": directory.Auditor} {
		o.add(directory.User{ID: id})
		if err := o.dir.Store.Update(ctx, func(tx directory.Tx) error {
			return tx.PutAdmin(directory.Admin{UserID: id, Role: role})
		}); err != nil {
			t.Fatal(err)
		}
	}
	file := text("user_id,first_name\nnew,New\n")
	p := o.plan(file, Options{})
	for actor, may := range map[string][2]bool{
		"admin:boss": {true, true}, "admin:deputy": {true, true}, "admin:operator": {false, false}, "admin:auditor": {false, true}, "admin:nobody": {false, false},
	} {
		_, planErr := o.im.Plan(ctx, actor, file, Options{}, nil)
		_, applyErr := o.im.Apply(ctx, actor, file, Options{}, p, nil)
		_, exportErr := (&Export{Directory: o.dir}).Write(ctx, actor, io.Discard, nil)
		for what, c := range map[string]struct {
			err error
			may bool
		}{"plan": {planErr, may[0]}, "apply": {applyErr, may[0]}, "export": {exportErr, may[1]}} {
			if allowed := c.err == nil; allowed != c.may || !allowed && !errors.Is(c.err, directory.ErrForbidden) {
				t.Errorf("%s, %s: %v, want allowed: %v", actor, what, c.err, c.may)
			}
		}
	}
	// An administrator cannot give the owner another address by a file.
	p, err := o.im.Plan(ctx, "admin:deputy", text("user_id,email\nboss,deputy@example.org\n"), Options{}, nil)
	if err != nil || p.Refused != 1 || p.Refusals[0].Problem != directory.NotAllowed {
		t.Errorf("the owner changed by an administrator: %+v, %v, want it refused", p.Refusals, err)
	}
}

func TestPlanOfOneFileIsNotForAnother(t *testing.T) {
	o := newOffice(t)
	p := o.plan(text("user_id\nada\n"), Options{})
	if _, err := o.im.Apply(t.Context(), by, text("user_id\nbob\n"), Options{}, p, nil); !errors.Is(err, ErrChanged) {
		t.Errorf("another file: %v, want ErrChanged", err)
	}
	if _, err := o.im.Apply(t.Context(), by, text("user_id\nada\n"), Options{Groups: []string{"X"}}, p, nil); !errors.Is(err, errPlan) {
		t.Errorf("other options: %v, want %v", err, errPlan)
	}
	if _, err := o.im.Apply(t.Context(), by, text("user_id\nada\n"), Options{}, Plan{}, nil); !errors.Is(err, errPlan) {
		t.Errorf("no plan: %v, want %v", err, errPlan)
	}
	if got := o.users(); len(got) != 0 {
		t.Errorf("there are users %q, want none", got)
	}
}

func TestExportComesBackUnchanged(t *testing.T) {
	o := newOffice(t)
	for _, u := range []directory.User{
		{ID: "ada", UserName: "-5", FirstName: "+49 89 1234", LastName: "=cmd|'/C calc'!A0", Email: "ada@example.org", Groups: []string{"@all", "-minus", "Staff, old"}},
		{ID: "'=x", UserName: "\"quoted\"", FirstName: "O'Hara", LastName: "a;=b,+c"},
		{ID: "@bob", UserName: "＝1", FirstName: "Zoë", LastName: "李"},
		{ID: "sep=;"},
	} {
		o.add(u)
	}
	before := o.users()
	for _, e := range []Export{{}, {Delimiter: ';', Mark: true}, {Delimiter: '\t'}, {Users: []string{"ADA", "@bob", "'=x", "sep=;"}}} {
		e.Directory = o.dir
		var b bytes.Buffer
		n, err := e.Write(t.Context(), by, &b, nil)
		if err != nil || n != 4 {
			t.Fatalf("exported %d, %v, want 4", n, err)
		}
		if p := o.plan(text(b.String()), Options{}); p.Unchanged != 4 || p.Refused+p.Created+p.Changed != 0 {
			t.Errorf("imported again it is %+v, want four unchanged:\n%s", p, b.String())
		}
		other := newOffice(t)
		other.apply(text(b.String()), Options{})
		if diff := cmp.Diff(before, other.users()); diff != "" {
			t.Errorf("in another directory (-want +got):\n%s", diff)
		}
	}
	if got := o.acts()[audit.UsersExported]; got != 4 {
		t.Errorf("%d exports are on record, want 4", got)
	}
}

// TestLanguagesComeAndGo: by a column that other files need not have.
func TestLanguagesComeAndGo(t *testing.T) {
	o := newOffice(t)
	o.add(directory.User{ID: "ada", Language: "de"})
	o.add(directory.User{ID: "bob"})
	for _, c := range []struct {
		what, file, want string
	}{
		{"a file without the column", "user_id,last_name\nada,Lovelace\n", "de"},
		{"a language as systems write it", "user_id,Sprache\nada,de_AT\n", "de-AT"},
		{"an empty cell", "user_id,language\nada,\n", ""},
		{"another one", "user_id,language\nada,en\n", "en"},
	} {
		o.apply(text(c.file), Options{})
		if u, _, err := o.dir.User(t.Context(), "ada"); err != nil || u.Language != c.want {
			t.Errorf("%s leaves the language %q (%v), want %q", c.what, u.Language, err, c.want)
		}
	}
	plan := o.plan(text("user_id,language\nada,fr\n"), Options{})
	if len(plan.Refusals) != 1 || plan.Refusals[0].Field != Language || plan.Refusals[0].Problem != directory.InvalidValue {
		t.Errorf("a language nobody has translated: %+v, want it refused", plan.Refusals)
	}
	for _, c := range []struct {
		language bool
		want     string
	}{
		{false, "user_id,user_name,first_name,last_name,email,groups\nada,,,Lovelace,,\nbob,,,,,\n"},
		{true, "user_id,user_name,first_name,last_name,email,groups,language\nada,,,Lovelace,,,en\nbob,,,,,,\n"},
	} {
		var out strings.Builder
		if _, err := (&Export{Directory: o.dir, Language: c.language}).Write(t.Context(), by, &out, nil); err != nil || out.String() != c.want {
			t.Errorf("exported %q, %v, want %q", out.String(), err, c.want)
		}
		if res := o.apply(text(out.String()), Options{}); res.Unchanged != 2 {
			t.Errorf("taken back: %+v, want two unchanged", res)
		}
	}
}

func TestExportIsAFileOnlyWhenItIsWhole(t *testing.T) {
	o := newOffice(t)
	o.add(directory.User{ID: "ada"})
	dir := t.TempDir()
	path := filepath.Join(dir, "users.csv")
	e := &Export{Directory: o.dir}
	if n, err := e.File(t.Context(), by, path, nil); err != nil || n != 1 {
		t.Fatalf("File: %d, %v", n, err)
	}
	const want = "user_id,user_name,first_name,last_name,email,groups\nada,,,,,\n"
	check := func() {
		t.Helper()
		got, err := os.ReadFile(path)
		if err != nil || string(got) != want {
			t.Errorf("the file holds %q, %v, want %q", got, err, want)
		}
		if all, err := os.ReadDir(dir); err != nil || len(all) != 1 {
			t.Errorf("in the folder are %v, %v, want the file only", all, err)
		}
	}
	check()
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("its mode is %v, %v, want 0600", info.Mode(), err)
	}
	o.add(directory.User{ID: "bob"})
	if _, err := e.File(t.Context(), "admin:nobody", path, nil); !errors.Is(err, directory.ErrForbidden) {
		t.Errorf("exported by nobody: %v, want ErrForbidden", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := e.File(ctx, by, path, func(Progress) { cancel() }); err == nil {
		// It had read all before it was cancelled; the next one has not.
		if _, err := e.File(ctx, by, path, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("exported when cancelled: %v, want context.Canceled", err)
		}
	} else {
		check()
	}
	if _, err := e.File(t.Context(), by, dir, nil); !errors.Is(err, ErrNotAFile) {
		t.Errorf("exported to a folder: %v, want ErrNotAFile", err)
	}
	if _, err := e.File(t.Context(), by, filepath.Join(dir, "no", "where.csv"), nil); err == nil {
		t.Error("exported to a folder that is not there")
	}
}

func TestExportKeepsToItsQuery(t *testing.T) {
	o := newOffice(t)
	o.add(directory.User{ID: "ada", Groups: []string{"A"}})
	o.add(directory.User{ID: "bob", Groups: []string{"B"}})
	var b bytes.Buffer
	e := &Export{Directory: o.dir, Query: directory.UserQuery{Group: "b", Limit: 1, After: "x"}}
	if n, err := e.Write(t.Context(), by, &b, nil); err != nil || n != 1 || !strings.Contains(b.String(), "bob") {
		t.Errorf("exported %d, %v: %q, want bob only", n, err, b.String())
	}
}
