package bulk

import (
	"slices"
	"strings"

	"tapstation/app/directory"
)

// names are what columns are called, without spaces, signs, accents and case, the surest name first. A name may stand
// with two fields: the first one that needs it gets it.
var names = []struct {
	field Field
	names []string
}{
	{UserID, []string{
		"userid", "benutzerid", "nutzerid", "benutzerkennung", "nutzerkennung", "kennung", "uid",
		"employeeid", "employeenumber", "personalnummer", "personalnr", "mitarbeiternummer", "mitarbeiternr", "mitarbeiterid",
		"staffid", "studentid", "matrikelnummer", "matrikelnr",
		"samaccountname", "accountname", "account", "konto", "loginid", "login", "logon", "logonname", "anmeldename", "id",
	}},
	{UserName, []string{
		"username", "loginname", "benutzername", "nutzername", "userprincipalname", "upn", "login", "logon", "logonname",
		"anmeldename", "displayname", "anzeigename",
	}},
	{FirstName, []string{"firstname", "givenname", "forename", "vorname", "rufname", "vornamen", "prenom", "first", "given"}},
	{LastName, []string{"lastname", "surname", "familyname", "nachname", "familienname", "zuname", "last", "sn", "nom"}},
	{Email, []string{
		"email", "mail", "emailaddress", "mailaddress", "emailadresse", "mailadresse", "epost", "courriel",
	}},
	{Groups, []string{"groups", "group", "gruppen", "gruppe", "usergroups", "usergroup", "benutzergruppen", "benutzergruppe", "teams", "team"}},
	{Language, []string{"language", "preferredlanguage", "lang", "locale", "sprache", "bevorzugtesprache", "korrespondenzsprache", "langue"}},
}

// recognise tells which fields the columns hold, by their names.
func recognise(header []string) map[Field]int {
	plain := make([]string, len(header))
	for i, h := range header {
		plain[i] = strings.Join(directory.Words(h), "")
	}
	columns := map[Field]int{}
	taken := map[int]bool{}
	take := func(field Field, name string) bool {
		i := slices.Index(plain, name)
		if i < 0 || taken[i] {
			return false
		}
		columns[field], taken[i] = i, true
		return true
	}
	for _, n := range names {
		for _, name := range n.names {
			if take(n.field, name) {
				break
			}
		}
	}
	// "Name" beside "Vorname" is the family's.
	if _, first := columns[FirstName]; first {
		if _, last := columns[LastName]; !last {
			take(LastName, "name")
		}
	}
	// Where nothing else tells people apart, the name they log in with does.
	if _, ok := columns[UserID]; !ok {
		if i, ok := columns[UserName]; ok {
			columns[UserID] = i
			delete(columns, UserName)
		}
	}
	return columns
}

// Column is where the header has a column of this name, however its case; -1: nowhere. It is for people who name
// columns.
func (l Layout) Column(name string) int {
	for _, same := range []func(string) bool{
		func(h string) bool { return h == name },
		func(h string) bool {
			return directory.Fold(strings.TrimSpace(h)) == directory.Fold(strings.TrimSpace(name))
		},
	} {
		if i := slices.IndexFunc(l.Header, same); i >= 0 {
			return i
		}
	}
	return -1
}
