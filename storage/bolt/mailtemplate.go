package bolt

import (
	"fmt"

	"tapstation/app/directory"
	"tapstation/storage/boltfile"
)

// mailTemplateRecord is kept under templateKey.
type mailTemplateRecord struct {
	Kind     string  `cbor:"1,keyasint"`
	Language string  `cbor:"2,keyasint"`
	Subject  string  `cbor:"3,keyasint,omitempty"`
	Body     string  `cbor:"4,keyasint,omitempty"`
	Changed  instant `cbor:"5,keyasint,omitempty"`
}

func keepMailTemplate(m directory.MailTemplate) mailTemplateRecord {
	return mailTemplateRecord{string(m.Kind), m.Language, m.Subject, m.Body, instantOf(m.Changed)}
}

func (r mailTemplateRecord) template() directory.MailTemplate {
	return directory.MailTemplate{Kind: directory.MessageKind(r.Kind), Language: r.Language, Subject: r.Subject, Body: r.Body,
		Changed: r.Changed.Time()}
}

func templateKey(kind directory.MessageKind, language string) []byte {
	return append(indexKey('t', string(kind)), language...)
}

func (t *tx) MailTemplate(kind directory.MessageKind, language string) (m directory.MailTemplate, err error) {
	defer t.guard(&err)
	r, err := record[mailTemplateRecord](t, mailTemplates, templateKey(kind, language))
	return r.template(), err
}

func (t *tx) MailTemplates() (all []directory.MailTemplate, err error) {
	defer t.guard(&err)
	for _, raw := range t.scan(mailTemplates, nil, nil) {
		r, err := boltfile.Decode[mailTemplateRecord](raw)
		if err != nil {
			return nil, err
		}
		all = append(all, r.template())
	}
	return all, nil
}

func (t *tx) PutMailTemplate(m directory.MailTemplate) (err error) {
	defer t.guard(&err)
	if !isID(string(m.Kind)) || !isID(m.Language) {
		return fmt.Errorf("template of %.64q in %.64q: %w", m.Kind, m.Language, errName)
	}
	return keep(t, mailTemplates, templateKey(m.Kind, m.Language), keepMailTemplate(m))
}

func (t *tx) DeleteMailTemplate(kind directory.MessageKind, language string) (err error) {
	defer t.guard(&err)
	key := templateKey(kind, language)
	if !t.has(mailTemplates, key) {
		return directory.ErrNotFound
	}
	return t.delete(mailTemplates, key)
}
