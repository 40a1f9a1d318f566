package command

import (
	"context"
	"fmt"
	"io"

	"tapstation/app"
	"tapstation/app/doctor"
)

// doctorDocument is what doctor --json prints.
type doctorDocument struct {
	Verdict  string            `json:"verdict"` // the worst
	Findings []findingDocument `json:"findings"`
	Error    *failureDocument  `json:"error,omitempty"` // where the verdict is failed
}

type findingDocument struct {
	Check   string            `json:"check"`
	Verdict string            `json:"verdict"` // ok, warning, failed
	Code    string            `json:"code"`    // what was found, a stable word
	Message string            `json:"message"`
	Remedy  string            `json:"remedy"` // empty where nothing is to be done
	Args    map[string]string `json:"args,omitempty"`
}

// Run looks at everything. It fails where no tap can succeed.
func (c *doctorCommand) Run(r *run) error {
	return r.station(func(ctx context.Context, s *app.Station) error {
		all, err := s.Doctor.Examine(ctx, c.Reader)
		if err != nil {
			return fmt.Errorf("examine the station: %w", err)
		}
		doc := newDoctorDocument(all)
		if err := r.print(doc, func(w io.Writer) { findingsText(w, doc) }); err != nil {
			return err
		}
		if doc.Error != nil {
			return errShown
		}
		return nil
	})
}

func newDoctorDocument(all []doctor.Finding) doctorDocument {
	doc := doctorDocument{Verdict: string(doctor.Worst(all)), Findings: make([]findingDocument, len(all))}
	for i, f := range all {
		doc.Findings[i] = findingDocument{
			Check: string(f.Check), Verdict: string(f.Verdict), Code: string(f.Detail),
			Message: f.Text(), Remedy: f.RemedyText(), Args: f.Args,
		}
		if f.Verdict == doctor.Failed && doc.Error == nil {
			doc.Error = &failureDocument{Code: string(f.Detail), Message: f.Text(), Hint: f.RemedyText()}
		}
	}
	return doc
}

func findingsText(w io.Writer, doc doctorDocument) {
	marks := map[string]string{string(doctor.OK): "ok     ", string(doctor.Warning): "warning", string(doctor.Failed): "FAILED "}
	for _, f := range doc.Findings {
		_, _ = fmt.Fprintf(w, "%s  %s\n", marks[f.Verdict], clean(f.Message))
		if f.Remedy != "" {
			_, _ = fmt.Fprintf(w, "         %s\n", clean(f.Remedy))
		}
	}
}
