package command

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"tapstation/app"
	"tapstation/app/activation"
	"tapstation/app/bulk"
	"tapstation/app/directory"
	"tapstation/app/mail"
)

type keysAssignCommand struct {
	UserID       string `arg:"" optional:"" name:"user-id" help:"User ID of who gets the key; many get one each by --group and --query."`
	Group        string `help:"Everybody in this group who has no key of the kind." placeholder:"NAME"`
	Query        string `help:"Everybody with words that begin like these who has no key of the kind." placeholder:"WORDS"`
	Kind         string `help:"card, usb_key, fingerprint or smartphone." enum:"card,usb_key,fingerprint,smartphone" default:"card" placeholder:"KIND"`
	KeyName      string `help:"Name of the key of one user; without it a sensible one is made." placeholder:"NAME"`
	Verification string `help:"pin or pinless; without it the default of the user's groups and the workspace." enum:"pin,pinless," default:"" placeholder:"KIND"`
	OfflineLogin *bool  `help:"Let the key log in where the directory cannot be reached; without it the default of the user's groups and the workspace." negatable:""`
}

type (
	keysResendCommand     struct{ keyArgument }
	keysWithdrawCommand   struct{ keyArgument }
	keysLinkCommand       struct{ keyArgument }
	keysRenewCodesCommand struct{}
)

// mailedKeyDocument is what keys assign and keys resend --json print about one key.
type mailedKeyDocument struct {
	keyDocument
	Expires *time.Time   `json:"expires"` // of the link that was mailed
	Mail    mailDocument `json:"mail"`
}

// assignedDocument is what keys assign --json prints about many users.
type assignedDocument struct {
	Assigned int               `json:"assigned"`
	Skipped  map[string]int    `json:"skipped"` // reason: how many users
	Users    []skippedDocument `json:"users"`   // who was skipped; the first thousand
	Mail     deliveredDocument `json:"mail"`
}

type skippedDocument struct {
	UserID string `json:"user_id"`
	Reason string `json:"reason"`
}

// deliveredDocument is what became of mails within the seconds a command waits for them.
type deliveredDocument struct {
	Sent    int `json:"sent"`
	Failed  int `json:"failed"`
	Waiting int `json:"waiting"` // of the whole outbox
}

// linkDocument is what keys link --json prints.
type linkDocument struct {
	KeyID       string     `json:"key_id"`
	Link        string     `json:"link"`
	Code        string     `json:"code"`
	Expires     *time.Time `json:"expires"`
	CodeExpires *time.Time `json:"code_expires"`
}

// Run assigns a key to one user, or to many.
func (c *keysAssignCommand) Run(r *run) error {
	many := c.Group != "" || c.Query != ""
	switch {
	case many == (c.UserID != ""):
		return misuse("say who gets a key: one USER-ID, or many by --group and --query")
	case many && c.KeyName != "":
		return misuse("--key-name is about the key of one user")
	}
	by, err := actor()
	if err != nil {
		return err
	}
	return r.directory(func(ctx context.Context, s *app.Station) error {
		if many {
			return c.many(ctx, r, s, by)
		}
		return c.one(ctx, r, s, by)
	})
}

func (c *keysAssignCommand) one(ctx context.Context, r *run, s *app.Station, by string) error {
	defaults, err := s.Directory.KeyDefaults(ctx, c.UserID)
	if err != nil {
		return userError(c.UserID, err)
	}
	offline := defaults.OfflineLogin == directory.On
	if c.OfflineLogin != nil {
		offline = *c.OfflineLogin
	}
	k, err := s.Activation.Assign(ctx, activation.Assignment{
		UserID: c.UserID, KeyName: c.KeyName, Kind: directory.Kind(c.Kind), Verification: directory.Verification(c.Verification),
		OfflineLogin: offline, Actor: by,
	})
	if err != nil {
		return err
	}
	return r.printMailed(ctx, s, k, "is pending until its user activates it")
}

func (c *keysAssignCommand) many(ctx context.Context, r *run, s *app.Station, by string) error {
	order := activation.BulkAssignment{
		Users: s.Activation.UsersOf(ctx, directory.UserQuery{Group: c.Group, Text: c.Query}),
		Kind:  directory.Kind(c.Kind), Verification: directory.Verification(c.Verification), Actor: by,
	}
	if c.OfflineLogin != nil {
		order.OfflineLogin = directory.Off
		if *c.OfflineLogin {
			order.OfflineLogin = directory.On
		}
	}
	if c.Group != "" {
		if _, err := s.Directory.Group(ctx, c.Group); err != nil {
			return groupError(c.Group, err)
		}
	}
	doc, err := r.assignAll(ctx, s, order)
	if err != nil {
		return err
	}
	return r.print(doc, func(w io.Writer) { doc.human(w) })
}

// assignAll assigns keys to many and has their mails leave, as far as they do at once.
func (r *run) assignAll(ctx context.Context, s *app.Station, order activation.BulkAssignment) (assignedDocument, error) {
	progress := r.progress("Assigned keys to")
	report, err := s.Activation.AssignAll(ctx, order, func(done int) { progress(bulk.Progress{Lines: done}) })
	if err != nil {
		if report.Assigned > 0 {
			r.say("%d keys were assigned before that; the same command goes on with the others.", report.Assigned)
		}
		return assignedDocument{}, err
	}
	doc := newAssignedDocument(report)
	if report.Assigned > 0 {
		doc.Mail = newDeliveredDocument(r.sendMail(s))
	}
	return doc, nil
}

func newAssignedDocument(report activation.BulkReport) assignedDocument {
	doc := assignedDocument{Assigned: report.Assigned, Skipped: map[string]int{}, Users: []skippedDocument{}}
	for reason, n := range report.Skipped {
		doc.Skipped[string(reason)] = n
	}
	for _, u := range report.Users {
		doc.Users = append(doc.Users, skippedDocument{UserID: u.UserID, Reason: string(u.Reason)})
	}
	return doc
}

func newDeliveredDocument(report mail.Report) deliveredDocument {
	return deliveredDocument{Sent: report.Sent, Failed: report.Failed, Waiting: report.Waiting}
}

// skippedInWords say why users got no key.
var skippedInWords = map[activation.SkipReason]string{
	activation.NoSuchUser:   "there is no such user",
	activation.SkipDisabled: "disabled",
	activation.NoAddress:    "no e-mail address",
	activation.HasKey:       "a key of this kind already",
	activation.NotAllowed:   "an admin to whom you may not assign keys",
}

func (d assignedDocument) human(w io.Writer) {
	_, _ = fmt.Fprintf(w, "Keys assigned: %d. Mails sent: %d, waiting in the outbox: %d.\n", d.Assigned, d.Mail.Sent, d.Mail.Waiting)
	for _, reason := range slices.Sorted(maps.Keys(d.Skipped)) {
		_, _ = fmt.Fprintf(w, "Users skipped, %s: %d.\n", skippedWords(reason), d.Skipped[reason])
	}
	if len(d.Users) == 0 {
		return
	}
	rows := make([][]string, len(d.Users))
	for i, u := range d.Users {
		rows[i] = []string{u.UserID, skippedWords(u.Reason)}
	}
	_, _ = fmt.Fprintln(w)
	table(w, []string{"SKIPPED", "BECAUSE"}, rows)
}

func skippedWords(reason string) string {
	if words, ok := skippedInWords[activation.SkipReason(reason)]; ok {
		return words
	}
	return strings.ReplaceAll(reason, "_", " ")
}

// printMailed prints a key about which a mail was queued, after it had its few seconds to leave.
func (r *run) printMailed(ctx context.Context, s *app.Station, k directory.SecurityKey, what string) error {
	m, err := r.sendMailOf(s, k.ID)
	if err != nil {
		return err
	}
	waiting, err := s.Activation.Waiting(ctx, k.ID)
	if err != nil {
		return err
	}
	doc := mailedKeyDocument{keyDocument: newKeyDocument(k), Expires: moment(waiting.Ticket.Expires), Mail: m}
	return r.print(doc, func(w io.Writer) {
		_, _ = fmt.Fprintf(w, "%q of %s %s. Its key ID is %s.\n%s\n", clean(k.Name), clean(k.UserID), what, k.ID, clean(mailSentence(m)))
	})
}

// Run mails a new link and code.
func (c *keysResendCommand) Run(r *run) error {
	by, err := actor()
	if err != nil {
		return err
	}
	return r.directory(func(ctx context.Context, s *app.Station) error {
		k, err := s.Activation.Resend(ctx, by, c.KeyID)
		if err != nil {
			return err
		}
		return r.printMailed(ctx, s, k, "has a new link and code; the ones before open nothing any more")
	})
}

// Run withdraws a pending key.
func (c *keysWithdrawCommand) Run(r *run) error {
	by, err := actor()
	if err != nil {
		return err
	}
	return r.directory(func(ctx context.Context, s *app.Station) error {
		k, err := s.Activation.Withdraw(ctx, by, c.KeyID)
		if err != nil {
			return err
		}
		return r.print(newKeyDocument(k), func(w io.Writer) {
			_, _ = fmt.Fprintf(w, "%q of %s is withdrawn: its link and code open nothing any more.\n", clean(k.Name), clean(k.UserID))
		})
	})
}

// Run prints the link and the code of a key that waits for its user.
func (c *keysLinkCommand) Run(r *run) error {
	by, err := actor()
	if err != nil {
		return err
	}
	return r.directory(func(ctx context.Context, s *app.Station) error {
		o, err := s.Activation.Show(ctx, by, c.KeyID)
		if err != nil {
			return err
		}
		doc := linkDocument{KeyID: c.KeyID, Link: o.Link, Code: o.Code, Expires: moment(o.Expires), CodeExpires: moment(o.CodeExpires)}
		return r.print(doc, func(w io.Writer) {
			if o.Link != "" {
				_, _ = fmt.Fprintf(w, "Link: %s (until %s)\n", o.Link, shortly(o.Expires))
			}
			_, _ = fmt.Fprintf(w, "Code: %s (until %s)\n", o.Code, shortly(o.CodeExpires))
		})
	})
}

// Run makes another key for links and codes.
func (c *keysRenewCodesCommand) Run(r *run) error {
	by, err := actor()
	if err != nil {
		return err
	}
	return r.directory(func(ctx context.Context, s *app.Station) error {
		if err := s.Activation.RenewKey(ctx, by); err != nil {
			return err
		}
		return r.print(struct {
			Renewed bool `json:"renewed"`
		}{true}, func(w io.Writer) {
			_, _ = fmt.Fprintln(w, "Codes made before open nothing any more. Links that were mailed still work; for the others: tapstation keys resend.")
		})
	})
}
