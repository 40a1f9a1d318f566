package desk

import (
	"errors"
	"io/fs"
	"strings"

	"tapstation/app/bulk"
	"tapstation/app/directory"
	csv "tapstation/app/sheet"
	"tapstation/assets/text"
	"tapstation/ui/wording"
)

// fieldWords is what a field is called, as on the page of a user.
func fieldWords(f bulk.Field) string {
	switch f {
	case bulk.UserID:
		return text.T("user.id")
	case bulk.UserName:
		return text.T("user.user_name")
	case bulk.FirstName:
		return text.T("user.first_name")
	case bulk.LastName:
		return text.T("user.last_name")
	case bulk.Email:
		return text.T("user.email")
	case bulk.Groups:
		return text.T("user.groups")
	case bulk.Language:
		return text.T("user.language")
	}
	return ""
}

func delimiterWords(d byte) string {
	switch d {
	case ',':
		return text.T("import.delimiter.comma")
	case ';':
		return text.T("import.delimiter.semicolon")
	case '\t':
		return text.T("import.delimiter.tab")
	case '|':
		return text.T("import.delimiter.bar")
	}
	return string(rune(d))
}

func encodingWords(e csv.Encoding) string {
	switch e {
	case csv.UTF8:
		return "UTF-8"
	case csv.UTF16LE:
		return "UTF-16 LE"
	case csv.UTF16BE:
		return "UTF-16 BE"
	case csv.Windows1252:
		return "Windows-1252"
	}
	return string(e)
}

// columnWords is where in a line something is wrong.
func columnWords(r bulk.Refusal) string {
	switch {
	case r.Column != "":
		return r.Column
	case r.Cell > 0:
		return text.T("import.column_unnamed", "Number", text.Number(r.Cell))
	}
	return fieldWords(r.Field)
}

// refusalWords is why a line is refused.
func refusalWords(r bulk.Refusal) string {
	switch {
	case r.Problem == bulk.Duplicate:
		return text.T("import.problem.duplicate", "Line", text.Number(r.Other))
	case r.Problem == directory.TooMany && r.Limit == directory.MaxNewGroups:
		return text.N("import.problem.many_groups", r.Limit, "Number", text.Number(r.Limit))
	case r.Problem == directory.TooMany:
		return text.N("import.problem.too_many", r.Limit, "Number", text.Number(r.Limit))
	case r.Problem == directory.Required && r.Field != bulk.UserID:
		return text.T("import.problem.required")
	case r.Problem == directory.InvalidCharacters && r.Field != bulk.Groups:
		return text.T("import.problem.invalid_characters")
	case r.Problem == directory.Taken:
		return text.T("import.problem.taken")
	case r.Problem == directory.NotAllowed:
		return text.T("import.problem.not_allowed")
	}
	if key := cellProblems[r.Problem]; key != nil {
		return key()
	}
	return wording.Field(directory.FieldError{Field: string(r.Field), Problem: r.Problem, Limit: r.Limit})
}

// cellProblems are said of a cell as it stands in the file.
var cellProblems = map[directory.Problem]func() string{
	bulk.ExtraCells:                      func() string { return text.T("import.problem.extra_cells") },
	bulk.CutOff:                          func() string { return text.T("import.problem.cut_off") },
	directory.Problem(csv.NUL):           func() string { return text.T("import.problem.nul") },
	directory.Problem(csv.InvalidText):   func() string { return text.T("import.problem.invalid_text") },
	directory.Problem(csv.CellTooLong):   func() string { return text.T("import.problem.cell_too_long") },
	directory.Problem(csv.StrayQuote):    func() string { return text.T("import.problem.stray_quote") },
	directory.Problem(csv.UnclosedQuote): func() string { return text.T("import.problem.unclosed_quote") },
	directory.Problem(csv.TooManyCells):  func() string { return text.T("import.problem.too_many_cells") },
}

// refusalLines are refusals as text, to be copied.
func refusalLines(p bulk.Plan) string {
	var lines []string
	for _, r := range p.Refusals {
		lines = append(lines, text.T("import.refusal", "Line", text.Number(r.Line), "Column", columnWords(r),
			"Reason", refusalWords(r), "Value", r.Value))
	}
	return strings.Join(lines, "\n")
}

// importErrorWords is what is said of a file that cannot be imported.
func importErrorWords(err error) wording.Words {
	var (
		header *bulk.HeaderError
		undone *bulk.UndoneError
	)
	words := func(name string) wording.Words {
		return wording.Words{Title: text.T("import.error." + name + ".title"), Remedy: text.T("import.error." + name + ".remedy")}
	}
	switch {
	case errors.As(err, &undone) && undone.Undo != nil:
		return words("unfinished")
	case errors.Is(err, bulk.ErrEmpty):
		return words("empty")
	case errors.Is(err, bulk.ErrNoUsers):
		return words("no_users")
	case errors.Is(err, bulk.ErrTooMany):
		return wording.Words{Title: text.N("import.error.too_many.title", bulk.MaxLines, "Number", text.Number(bulk.MaxLines)),
			Remedy: text.T("import.error.too_many.remedy")}
	case errors.Is(err, bulk.ErrChanged):
		return words("changed")
	case errors.Is(err, bulk.ErrNotAFile):
		return words("no_file")
	case errors.Is(err, directory.ErrImporting):
		return words("importing")
	case errors.Is(err, directory.ErrImportLost):
		return words("lost")
	case errors.Is(err, fs.ErrNotExist):
		return words("missing")
	case errors.Is(err, fs.ErrPermission):
		return words("unreadable")
	case errors.As(err, &header):
		return wording.Words{Title: text.T("import.error.header.title"),
			Remedy: text.T("import.refusal_short", "Line", text.Number(header.Line), "Column", columnWords(header.Refusal), "Reason", refusalWords(header.Refusal))}
	}
	return wording.Error(err)
}

// undoneWords is what became of an import that did not come to its end.
func undoneWords(err error) string {
	var undone *bulk.UndoneError
	switch {
	case !errors.As(err, &undone), undone.Undo != nil:
		return ""
	case undone.Import.Kept > 0:
		return text.N("import.undone_kept", undone.Import.Kept, "Number", text.Number(undone.Import.Kept))
	}
	return text.T("import.undone")
}
