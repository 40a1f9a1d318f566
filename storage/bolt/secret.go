package bolt

import "fmt"

// secretRecord is kept under the secret's name.
type secretRecord struct {
	Sealed []byte `cbor:"1,keyasint,omitempty"`
}

func (t *tx) Secret(name string) (sealed []byte, err error) {
	defer t.guard(&err)
	r, err := record[secretRecord](t, secrets, []byte(name))
	return r.Sealed, err
}

func (t *tx) PutSecret(name string, sealed []byte) (err error) {
	defer t.guard(&err)
	if name == "" || len(name) > maxName {
		return fmt.Errorf("secret %.64q: %w", name, errName)
	}
	return keep(t, secrets, []byte(name), secretRecord{sealed})
}

func (t *tx) DeleteSecret(name string) (err error) {
	defer t.guard(&err)
	if t.writable && !t.has(secrets, []byte(name)) {
		return nil
	}
	return t.delete(secrets, []byte(name))
}
