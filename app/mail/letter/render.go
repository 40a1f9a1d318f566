package letter

import (
	"html"
	"regexp"
	"slices"
	"strings"

	"tapstation/app/directory"
	"tapstation/assets/text"
)

// Rendered is what a letter says.
type Rendered struct {
	Subject, Text, HTML string
}

// Preview is what a letter would say; t as for Compose. The HTML has the logo in it, so that a browser shows it.
func Preview(l Letter, t *directory.MailTemplate) (Rendered, error) {
	return render(l, t, (*picture).inline)
}

// render says a letter. source is where its HTML has the logo from.
func render(l Letter, t *directory.MailTemplate, source func(*picture) string) (r Rendered, err error) {
	if !slices.Contains(Kinds, l.Kind) {
		return r, ErrKind
	}
	words := text.In(l.Language)
	own := Default(l.Kind, words.Language())
	if t != nil && t.Kind == l.Kind && len(Mistakes(*t)) == 0 {
		own = *t
	}
	values, err := l.values()
	if err != nil {
		return r, err
	}
	p := page{words: words, kind: l.Kind, values: values, subject: tidy(fill(own.Subject, values, asText)), logo: scaled(l.Workspace.Logo)}
	if p.logo != nil {
		p.source = source(p.logo)
	}
	if p.subject == "" {
		p.subject = tidy(fill(Default(l.Kind, words.Language()).Subject, values, asText))
	}
	paragraphs := p.parse(own.Body)
	return Rendered{p.subject, plainText(paragraphs, values), p.html(paragraphs)}, nil
}

// form is how a paragraph is shown.
type form int

const (
	prose form = iota
	button
	codeBox
	bullets
	steps
)

// paragraph is some lines of a template that are shown in one way, without what marks them as a list.
type paragraph struct {
	form    form
	lines   []string
	marks   []string // of a list: what stood before each line
	follows bool     // without a blank line between it and the one before
}

// optional are the placeholders that may stand for nothing, and without which what is said around them is pointless.
var optional = []string{"code", "code_expires", "expires", "driver_link"}

// pointless tells whether a block speaks of something that there is not, and of nothing that a mail must tell.
func (p page) pointless(block string) bool {
	names := named(strings.ReplaceAll(block, "\n", " "))
	return slices.ContainsFunc(names, func(name string) bool { return p.values[name] == "" && slices.Contains(optional, name) }) &&
		!slices.ContainsFunc(names, func(name string) bool { return needed(p.kind, name) })
}

// parse parts a body into paragraphs. Blocks that would be pointless are left out.
func (p page) parse(body string) (all []paragraph) {
	for block := range strings.SplitSeq(blankLines.ReplaceAllString(strings.ReplaceAll(body, "\r\n", "\n"), "\n\n"), "\n\n") {
		block = strings.Trim(block, "\n")
		if strings.TrimSpace(block) == "" || p.pointless(block) {
			continue
		}
		first := len(all)
		for line := range strings.SplitSeq(block, "\n") {
			form, mark, rest := look(line)
			if form == codeBox && p.values["code"] == "" {
				continue
			}
			if last := len(all) - 1; last < first || all[last].form != form || form == button || form == codeBox {
				all = append(all, paragraph{form: form, follows: len(all) > first})
			}
			last := &all[len(all)-1]
			last.lines, last.marks = append(last.lines, rest), append(last.marks, mark)
		}
	}
	return all
}

var (
	blankLines = regexp.MustCompile(`\n[ \t]*(\n[ \t]*)+`)
	stepForm   = regexp.MustCompile(`^[0-9]{1,2}\. `)
)

// look tells how a line is shown, and parts what marks it off from the rest.
func look(line string) (f form, mark, rest string) {
	switch trimmed := strings.TrimSpace(line); {
	case trimmed == "{link}":
		return button, "", trimmed
	case trimmed == "{code}":
		return codeBox, "", trimmed
	case strings.HasPrefix(line, "- "):
		f, mark = bullets, "- "
	case stepForm.MatchString(line):
		f, mark = steps, stepForm.FindString(line)
	}
	return f, mark, line[len(mark):]
}

// fill puts values in the place of placeholders, once: what a value holds is a value.
func fill(line string, values map[string]string, as func(name, value string) string) string {
	var b strings.Builder
	end := 0
	for _, m := range placeholderForm.FindAllStringSubmatchIndex(line, -1) {
		b.WriteString(as("", line[end:m[0]]))
		name := line[m[2]:m[3]]
		b.WriteString(as(name, values[name]))
		end = m[1]
	}
	b.WriteString(as("", line[end:]))
	return b.String()
}

func asText(_, value string) string { return value }

// plainText is the text part. What is a button or a box in HTML stands alone and indented.
func plainText(paragraphs []paragraph, values map[string]string) string {
	var s strings.Builder
	for i, p := range paragraphs {
		box := p.form == button || p.form == codeBox
		if i > 0 && (!p.follows || box || paragraphs[i-1].form == button || paragraphs[i-1].form == codeBox) {
			s.WriteByte('\n')
		}
		for n, line := range p.lines {
			if box {
				s.WriteString("    ")
			}
			s.WriteString(strings.TrimRight(p.marks[n]+fill(line, values, asText), " ") + "\n")
		}
	}
	return s.String()
}

// page is the HTML part.
type page struct {
	words   text.Words
	kind    directory.MessageKind
	values  map[string]string
	subject string
	logo    *picture // nil: none
	source  string   // of the logo
}

// asHTML is a value, or words of the template, as they stand in HTML. Only the links that are ours are links.
func asHTML(name, value string) string {
	escaped := html.EscapeString(value)
	if value == "" {
		return ""
	}
	switch name {
	case "":
		return escaped
	case "link", "driver_link":
		return `<a href="` + escaped + `" class="link" style="` + linkStyle + `">` + escaped + `</a>`
	}
	return "<bdi>" + escaped + "</bdi>" // a name in another direction moves nothing around it
}

func (p page) block(b paragraph) string {
	var s strings.Builder
	switch b.form {
	case button:
		link := html.EscapeString(p.values["link"])
		s.WriteString(`<p style="` + buttonRow + `"><a href="` + link + `" class="button" style="` + buttonStyle + `">` +
			html.EscapeString(p.label()) + "</a></p>\n")
		s.WriteString(`<p class="quiet" style="` + quietStyle + `">` + html.EscapeString(p.words.T("mail.button.instead")) +
			`<br><a href="` + link + `" class="link" style="` + linkStyle + `">` + link + "</a></p>\n")
	case codeBox:
		s.WriteString(`<p style="` + buttonRow + `"><code class="code" style="` + codeStyle + `">` + html.EscapeString(p.values["code"]) + "</code></p>\n")
	case bullets, steps:
		tag, start := "ul", ""
		if b.form == steps {
			tag, start = "ol", ` start="`+strings.TrimSuffix(b.marks[0], ". ")+`"` // it may go on after a button
		}
		s.WriteString("<" + tag + start + ` style="` + listStyle + `">`)
		for _, line := range b.lines {
			s.WriteString(`<li style="` + itemStyle + `">` + fill(line, p.values, asHTML) + "</li>")
		}
		s.WriteString("</" + tag + ">\n")
	default:
		lines := make([]string, len(b.lines))
		for i, line := range b.lines {
			lines[i] = fill(line, p.values, asHTML)
		}
		s.WriteString(`<p style="` + proseStyle + `">` + strings.Join(lines, "<br>") + "</p>\n")
	}
	return s.String()
}

// label is what the button says.
func (p page) label() string {
	if p.kind == directory.PINMail {
		return p.words.T("mail.button.pin_setup")
	}
	return p.words.T("mail.button.activation")
}
