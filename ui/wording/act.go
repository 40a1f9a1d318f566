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

// Actor is who did it: the User ID of an admin, the name of an account of the operating system, a user with what was mailed
// to them, the station itself.
func Actor(by string) string {
	if id, ok := strings.CutPrefix(by, directory.AdminActor); ok {
		return id
	}
	if name, ok := strings.CutPrefix(by, directory.SystemActor); ok {
		return text.T("activity.account", "Name", name)
	}
	if id, ok := strings.CutPrefix(by, directory.UserActor); ok {
		return text.T("activity.holder", "User", id)
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
	add(mailWords(e))
	if d["role"] != "" {
		add(d["role"])
	}
	if d["fields"] != "" {
		add(strings.ReplaceAll(d["fields"], ",", ", "))
	}
	add(d["reason"])
	return strings.Join(parts, " · ")
}

// mailWords is what an act about mail is about: which mail, in which language, or which setting.
func mailWords(e audit.Entry) string {
	d := e.Detail
	switch e.Act {
	case audit.MailRetried, audit.MailWithdrawn:
		return spoken("outbox.kind.", d["kind"])
	case audit.TemplateChanged:
		return strings.Join([]string{spoken("outbox.kind.", d["mail"]), d["language"]}, ", ")
	case audit.SecretChanged:
		if words := text.T("settings." + d["setting"] + ".label"); d["setting"] != "" && !strings.HasPrefix(words, "settings.") {
			return words
		}
		return d["setting"]
	}
	return ""
}

// spoken is the sentence of a word, or the word itself where a newer version wrote it.
func spoken(area, word string) string {
	if words := text.T(area + word); words != area+word {
		return words
	}
	return word
}

func quoted(name string) string { return text.T("activity.quoted", "Name", name) }
