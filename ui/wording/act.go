package wording

import (
	"strings"

	"tapstation/app/audit"
	"tapstation/app/directory"
	"tapstation/assets/text"
)

// Act is what was done, in a few words: "Security key revoked".
func Act(a audit.Act) string {
	key := "act." + string(a)
	if words := text.T(key); words != key {
		return words
	}
	return strings.ReplaceAll(string(a), "_", " ") // written by a newer version
}

// Actor is who did it: the User ID of an admin, the name of an account of the operating system, the station itself.
func Actor(by string) string {
	if id, ok := strings.CutPrefix(by, directory.AdminActor); ok {
		return id
	}
	if name, ok := strings.CutPrefix(by, directory.SystemActor); ok {
		return text.T("activity.account", "Name", name)
	}
	if by == directory.StationActor {
		return text.T("activity.station")
	}
	return by
}

// Particulars are what an entry of the audit log says besides who did what to whom, in one line; it may be empty. What
// an act is about comes first: a name, then what it was before.
func Particulars(e audit.Entry) string {
	var parts []string
	d := e.Detail
	add := func(words string) {
		if words != "" {
			parts = append(parts, words)
		}
	}
	from, to := d["from"], d["to"]
	switch {
	case from != "" && to != "":
		add(text.T("activity.from_to", "From", from, "To", to))
	case d["name"] != "":
		add(quoted(d["name"]))
	}
	for _, name := range []string{"group", "file", "workspace"} {
		if d[name] != "" {
			add(quoted(d[name]))
		}
	}
	if d["role"] != "" {
		add(d["role"])
	}
	if d["fields"] != "" {
		add(strings.ReplaceAll(d["fields"], ",", ", "))
	}
	add(d["reason"])
	return strings.Join(parts, " · ")
}

func quoted(name string) string { return text.T("activity.quoted", "Name", name) }
