package command

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
)

// print is the result of a command: doc with --json, else what human writes.
func (r *run) print(doc any, human func(w io.Writer)) error {
	if r.JSON {
		return r.document(doc)
	}
	var b strings.Builder
	human(&b)
	if _, err := io.WriteString(r.Stdout, b.String()); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

func (r *run) document(doc any) error {
	enc := json.NewEncoder(r.Stdout)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(doc); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// failureDocument is what --json prints when a command fails.
type failureDocument struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
}

// fail tells why a command failed and returns the exit status.
func (r *run) fail(err error) int {
	status := Failed
	var misused *usageError
	if errors.As(err, &misused) {
		status = Misused
	}
	if errors.Is(err, errShown) {
		return status
	}
	f := explain(err)
	if r.JSON {
		printed := r.document(struct {
			Error failureDocument `json:"error"`
		}{f})
		if printed == nil {
			return status
		}
	}
	_, _ = fmt.Fprintf(r.Stderr, "tapstation: %s\n", clean(f.Message)) // nowhere is left to tell that this failed
	if f.Hint != "" {
		_, _ = fmt.Fprintln(r.Stderr, f.Hint)
	}
	return status
}

// errShown ends a command that failed and has printed why.
var errShown = errors.New("shown already")

// say tells a person what is going on.
func (r *run) say(format string, args ...any) {
	_, _ = fmt.Fprintf(r.Stderr, "%s\n", clean(fmt.Sprintf(format, args...))) // progress nobody reads is no failure
}

// warn tells what went wrong beside the matter.
func (r *run) warn(err error) { r.say("warning: %v", err) }

// table writes rows below a heading, each cell on one line.
func table(w io.Writer, heading []string, rows [][]string) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{heading}, rows...) {
		cells := make([]string, len(row))
		for i, c := range row {
			cells[i] = clean(c)
		}
		_, _ = fmt.Fprintln(t, strings.TrimRight(strings.Join(cells, "\t"), "\t")) // a strings.Builder takes everything
	}
	_ = t.Flush()
}

// clean keeps what comes from cards, readers and people from moving a terminal's cursor or hiding text in it.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && !unicode.IsGraphic(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// cardDocument is a card as it announces itself.
type cardDocument struct {
	ATR string  `json:"atr"` // hex
	UID *string `json:"uid"` // hex; null where not told
}

func newCardDocument(atr, uid []byte) cardDocument {
	d := cardDocument{ATR: hex.EncodeToString(atr)}
	if uid != nil {
		s := hex.EncodeToString(uid)
		d.UID = &s
	}
	return d
}

// moment is a time as a document has it: RFC 3339 in UTC, or null where there is none.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// shortly is a time as a table has it.
func shortly(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format("2006-01-02 15:04")
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// orDash is s, or a dash that keeps an empty cell from looking forgotten.
func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// formatAAGUID is the UUID form of an AAGUID (RFC 9562 §4).
func formatAAGUID(a [16]byte) string {
	h := hex.EncodeToString(a[:])
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
}
