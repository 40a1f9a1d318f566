package letter

import (
	"html"
	"regexp"
	"slices"
	"strings"

	"tapstation/app/directory"
	"tapstation/assets/text"
)

// Rendered is what a letter says. In HTML the logo is named by its Content-ID.
type Rendered struct {
	Subject, Text, HTML string
}

// Preview is what a letter would say; t as for Compose.
func Preview(l Letter, t *directory.MailTemplate) (Rendered, error) {
	r, err := render(l, t)
	return r.Rendered, err
}

// rendered is Rendered and its picture.
type rendered struct {
	Rendered
	picture *picture // nil: none
}

func render(l Letter, t *directory.MailTemplate) (r rendered, err error) {
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
	paragraphs := parse(own.Body, values)
	r.Subject, r.Text, r.HTML, r.picture = p.subject, plainText(paragraphs, values), p.html(paragraphs), p.logo
	return r, nil
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

// paragraph is some lines of a template that belong together, without what marks them as a list.
type paragraph struct {
	form  form
	lines []string
	marks []string // of a list: what stood before each line
}

// stepForm is the beginning of a line that is a step.
var stepForm = regexp.MustCompile(`^[0-9]{1,2}\. `)

// parse parts a body into paragraphs. Those with a placeholder that stands for nothing are left out.
func parse(body string, values map[string]string) (all []paragraph) {
	for _, block := range strings.Split(blankLines.ReplaceAllString(strings.ReplaceAll(body, "\r\n", "\n"), "\n\n"), "\n\n") {
		block = strings.Trim(block, "\n")
		if strings.TrimSpace(block) == "" || slices.ContainsFunc(named(strings.ReplaceAll(block, "\n", " ")), func(name string) bool { return values[name] == "" }) {
			continue
		}
		all = append(all, parseBlock(strings.Split(block, "\n")))
	}
	return all
}

var blankLines = regexp.MustCompile(`\n[ \t]*(\n[ \t]*)+`)

func parseBlock(lines []string) paragraph {
	p := paragraph{lines: lines}
	switch alone := strings.TrimSpace(strings.Join(lines, "\n")); {
	case alone == "{link}":
		p.form = button
	case alone == "{code}":
		p.form = codeBox
	case !slices.ContainsFunc(lines, func(s string) bool { return !strings.HasPrefix(s, "- ") }):
		p.form = bullets
	case !slices.ContainsFunc(lines, func(s string) bool { return !stepForm.MatchString(s) }):
		p.form = steps
	}
	if p.form == bullets || p.form == steps {
		p.lines = slices.Clone(lines)
		for i, line := range lines {
			mark, rest, _ := strings.Cut(line, " ")
			p.marks, p.lines[i] = append(p.marks, mark+" "), rest
		}
	}
	return p
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

// plainText is the text part.
func plainText(paragraphs []paragraph, values map[string]string) string {
	blocks := make([]string, len(paragraphs))
	for i, p := range paragraphs {
		lines := make([]string, len(p.lines))
		for n, line := range p.lines {
			if lines[n] = fill(line, values, asText); p.marks != nil {
				lines[n] = p.marks[n] + lines[n]
			}
		}
		if p.form == button || p.form == codeBox {
			lines[0] = "    " + strings.TrimSpace(lines[0])
		}
		blocks[i] = strings.Join(lines, "\n")
	}
	return strings.Join(blocks, "\n\n") + "\n"
}

// page is the HTML part.
type page struct {
	words   text.Words
	kind    directory.MessageKind
	values  map[string]string
	subject string
	logo    *picture
}

// asHTML is a value, or words of the template, as they stand in HTML. Only the links that are ours are links.
func asHTML(name, value string) string {
	escaped := html.EscapeString(value)
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
		tag := "ul"
		if b.form == steps {
			tag = "ol"
		}
		s.WriteString("<" + tag + ` style="` + listStyle + `">`)
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
