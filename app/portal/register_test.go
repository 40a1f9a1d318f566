package portal_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tapstation/app/directory"
	"tapstation/app/rp"
	"tapstation/device"
	"tapstation/device/fido"
	"tapstation/device/pcsc"
	"tapstation/device/virtual"
)

// options are what begin asks the browser for (WebAuthn §5.4).
type options struct {
	Challenge encoded
	RP        struct{ ID, Name string }
	User      struct {
		ID                encoded
		Name, DisplayName string
	}
	ExcludeCredentials     []struct{ ID encoded }
	Attestation            string
	Timeout                int
	AuthenticatorSelection struct{ UserVerification, ResidentKey string }
}

// encoded is bytes as WebAuthn's JSON has them.
type encoded []byte

func (e *encoded) UnmarshalText(text []byte) (err error) {
	*e, err = base64.RawURLEncoding.DecodeString(string(text))
	return err
}

func (e encoded) MarshalText() ([]byte, error) {
	return base64.RawURLEncoding.AppendEncode(nil, e), nil
}

// begin begins a registration at the page at path.
func (d *desk) begin(path string) options {
	d.t.Helper()
	w := d.postJSON(path+"/begin", "{}")
	var answer struct{ PublicKey options }
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != http.StatusOK {
		d.t.Fatalf("begin at %s: status %d, %s, %v", path, w.Code, w.Body, err)
	}
	return answer.PublicKey
}

func (d *desk) postJSON(path, body string) *httptest.ResponseRecorder {
	d.t.Helper()
	return d.ask(request{method: http.MethodPost, path: path, body: body, header: map[string]string{"Content-Type": "application/json"}})
}

// end answers a registration, and tells the status and the word for what went wrong.
func (d *desk) end(path, body string) (status int, problem string) {
	d.t.Helper()
	w := d.postJSON(path+"/end", body)
	var answer struct {
		Active  bool
		Problem string
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || answer.Active != (w.Code == http.StatusOK) {
		d.t.Fatalf("end at %s: status %d, %s, %v", path, w.Code, w.Body, err)
	}
	return w.Code, answer.Problem
}

// browser is one in software: it asks a card, and answers as navigator.credentials.create does, honestly unless told
// otherwise.
type browser struct {
	origin   string
	rpID     string // empty: as asked
	ceremony string
	card     virtual.Options
	pin      device.PIN // empty: it is not verified who holds the card
	change   func(*rp.Registration)
}

func honest() browser {
	return browser{origin: publicURL, ceremony: rp.Create, pin: "271828", card: virtual.Options{AAGUID: [16]byte{1, 2, 3}}}
}

// create is the body of an end for what begin asked.
func (b browser) create(t testing.TB, o options) string {
	t.Helper()
	card, err := virtual.New(b.card)
	if err != nil {
		t.Fatal(err)
	}
	reader := virtual.NewReader("R")
	reader.Insert(card)
	conn, err := reader.Connect(t.Context(), "R")
	if err != nil {
		t.Fatal(err)
	}
	key := fido.NewCard(pcsc.NewSession("R", conn))
	defer key.Close()
	if b.pin != "" {
		if err := key.SetPIN(t.Context(), b.pin); err != nil {
			t.Fatal(err)
		}
	}
	rpID := o.RP.ID
	if b.rpID != "" {
		rpID = b.rpID
	}
	clientData := rp.ClientData(b.ceremony, o.Challenge, b.origin)
	hash := sha256.Sum256(clientData)
	made, err := key.MakeCredential(t.Context(), device.CredentialRequest{
		ClientDataHash: hash[:], RPID: rpID, RPName: o.RP.Name, UserHandle: o.User.ID, UserName: o.User.Name, Algorithms: []int{-7}, PIN: b.pin,
	})
	if err != nil {
		t.Fatal(err)
	}
	object, err := rp.AttestationObject(made)
	if err != nil {
		t.Fatal(err)
	}
	r := rp.Registration{CredentialID: made.ID, ClientDataJSON: clientData, AttestationObject: object, Transports: []string{"nfc"}}
	if b.change != nil {
		b.change(&r)
	}
	return bodyOf(t, r)
}

// bodyOf is RegistrationResponseJSON (WebAuthn Level 3 §5.1.1).
func bodyOf(t testing.TB, r rp.Registration) string {
	t.Helper()
	body, err := json.Marshal(map[string]any{
		"id": encoded(r.CredentialID), "rawId": encoded(r.CredentialID), "type": "public-key",
		"response": map[string]any{
			"clientDataJSON": encoded(r.ClientDataJSON), "attestationObject": encoded(r.AttestationObject), "transports": r.Transports,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// TestWhatAnotherKeyOrPageAnswersIsRefused sends what no honest page would, or no key the workspace takes, to the end of a
// registration: it is refused with the word for it, nothing is kept, and the link still works.
func TestWhatAnotherKeyOrPageAnswersIsRefused(t *testing.T) {
	model := honest().card.AAGUID
	for _, test := range []struct {
		name    string
		policy  func(*directory.Workspace)
		browser func(*browser)
		status  int
		problem string
	}{
		{"another challenge", nil, func(b *browser) {
			b.change = func(r *rp.Registration) { r.ClientDataJSON = rp.ClientData(rp.Create, rp.NewChallenge(), publicURL) }
		}, http.StatusConflict, "over"},
		{"no challenge", nil, func(b *browser) {
			b.change = func(r *rp.Registration) { r.ClientDataJSON = []byte(`{"type":"webauthn.create"}`) }
		}, http.StatusConflict, "over"},
		{"the page of somebody else", nil, func(b *browser) { b.origin = "https://keys.login.example.org.evil.example" }, http.StatusUnprocessableEntity, "refused"},
		{"another page of the relying party", nil, func(b *browser) { b.origin = "https://blog.login.example.org" }, http.StatusUnprocessableEntity, "refused"},
		{"another port", nil, func(b *browser) { b.origin = publicURL + ":8443" }, http.StatusUnprocessableEntity, "refused"},
		{"an insecure page", nil, func(b *browser) { b.origin = strings.Replace(publicURL, "https:", "http:", 1) }, http.StatusUnprocessableEntity, "refused"},
		{"another relying party", nil, func(b *browser) { b.rpID = "example.org" }, http.StatusUnprocessableEntity, "refused"},
		{"a log-in instead", nil, func(b *browser) { b.ceremony = rp.Get }, http.StatusUnprocessableEntity, "refused"},
		{"nobody verified", nil, func(b *browser) { b.pin = "" }, http.StatusUnprocessableEntity, "refused"},
		{"a signature falsified", nil, func(b *browser) {
			b.change = func(r *rp.Registration) { r.AttestationObject[bytes.Index(r.AttestationObject, []byte("sig"))+20] ^= 1 }
		}, http.StatusUnprocessableEntity, "refused"},
		{"another credential ID", nil, func(b *browser) {
			b.change = func(r *rp.Registration) { r.CredentialID = append(r.CredentialID, 0) }
		}, http.StatusUnprocessableEntity, "refused"},
		{"no attestation object", nil, func(b *browser) {
			b.change = func(r *rp.Registration) { r.AttestationObject = []byte("nonsense") }
		}, http.StatusUnprocessableEntity, "refused"},
		{"made in a frame of another site", nil, func(b *browser) {
			b.change = func(r *rp.Registration) {
				r.ClientDataJSON = bytes.Replace(r.ClientDataJSON, []byte(`"crossOrigin":false`), []byte(`"crossOrigin":true`), 1)
			}
		}, http.StatusUnprocessableEntity, "refused"},
		{"its make vouched for by itself only", func(w *directory.Workspace) { w.Attestation = directory.AttestationRequired }, nil,
			http.StatusUnprocessableEntity, "attestation"},
		{"its make not told", func(w *directory.Workspace) { w.Attestation = directory.AttestationRequired },
			func(b *browser) { b.card.Attestation = virtual.NoAttestation }, http.StatusUnprocessableEntity, "attestation"},
		{"a model that is denied", func(w *directory.Workspace) { w.DeniedAAGUIDs = [][16]byte{model} }, nil, http.StatusUnprocessableEntity, "model"},
		{"a model that is not allowed", func(w *directory.Workspace) { w.AllowedAAGUIDs = [][16]byte{{9}} }, nil, http.StatusUnprocessableEntity, "model"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDesk(t)
			if test.policy != nil {
				d.settings(test.policy)
			}
			link := d.assign(directory.PIN)
			before := d.stored()
			b := honest()
			if test.browser != nil {
				test.browser(&b)
			}
			body := b.create(t, d.begin(link.path()))
			if status, problem := d.end(link.path(), body); status != test.status || problem != test.problem {
				t.Errorf("it is answered %d %q, want %d %q", status, problem, test.status, test.problem)
			}
			if d.stored() != before {
				t.Error("something of it was kept")
			}
			d.settings(func(w *directory.Workspace) { w.Attestation, w.AllowedAAGUIDs, w.DeniedAAGUIDs = "", nil, nil })
			if status, problem := d.end(link.path(), honest().create(t, d.begin(link.path()))); status != http.StatusOK {
				t.Errorf("afterwards the right key is answered %d %q, want it to be active", status, problem)
			}
		})
	}
}

// TestChallengeIsForOneTicketAndOnce answers challenges where, when or as often as they are not meant to be.
func TestChallengeIsForOneTicketAndOnce(t *testing.T) {
	t.Run("of another ticket", func(t *testing.T) {
		d := newDesk(t)
		mine, other := d.assign(directory.PIN), d.assign(directory.PIN)
		body := honest().create(t, d.begin(other.path()))
		d.over(mine, body)
		if status, problem := d.end(other.path(), body); status != http.StatusOK {
			t.Errorf("where it belongs it is answered %d %q, want 200: nobody else takes a challenge away", status, problem)
		}
	})
	t.Run("answered twice", func(t *testing.T) {
		d := newDesk(t)
		link := d.assign(directory.PIN)
		asked := d.begin(link.path())
		b := honest()
		b.pin = ""
		if status, problem := d.end(link.path(), b.create(t, asked)); problem != "refused" {
			t.Fatalf("the first answer is answered %d %q, want refused", status, problem)
		}
		d.over(link, honest().create(t, asked))
	})
	t.Run("replayed after it worked", func(t *testing.T) {
		d := newDesk(t)
		link := d.assign(directory.PIN)
		body := honest().create(t, d.begin(link.path()))
		if status, problem := d.end(link.path(), body); status != http.StatusOK {
			t.Fatalf("it is answered %d %q, want 200", status, problem)
		}
		before := d.stored()
		if status, problem := d.end(link.path(), body); status != http.StatusGone || problem != "used" {
			t.Errorf("again it is answered %d %q, want 410 used", status, problem)
		}
		if d.stored() != before {
			t.Error("the replay changed something")
		}
	})
	t.Run("too late", func(t *testing.T) {
		d := newDesk(t)
		link := d.assign(directory.PIN)
		asked := d.begin(link.path())
		if asked.Timeout <= 0 || asked.Timeout >= int(6*time.Minute/time.Millisecond) {
			t.Errorf("the browser may take %d ms, want less than the challenge lives", asked.Timeout)
		}
		body := honest().create(t, asked)
		d.wait(6 * time.Minute)
		d.over(link, body)
	})
	t.Run("of before a PIN was demanded", func(t *testing.T) {
		d := newDesk(t)
		link := d.assign(directory.PINless)
		b := honest()
		b.pin = ""
		body := b.create(t, d.begin(link.path()))
		d.settings(func(w *directory.Workspace) { w.RequirePIN = true })
		d.over(link, body)
	})
	t.Run("of before it was withdrawn", func(t *testing.T) {
		d := newDesk(t)
		link := d.assign(directory.PIN)
		body := honest().create(t, d.begin(link.path()))
		if _, err := d.tickets.Withdraw(t.Context(), by, link.key.ID); err != nil {
			t.Fatal(err)
		}
		if status, problem := d.end(link.path(), body); status != http.StatusGone || problem != "withdrawn" {
			t.Errorf("it is answered %d %q, want 410 withdrawn", status, problem)
		}
		if k := d.key(link.key.ID); k.State != directory.Revoked || len(k.Credential.ID) > 0 {
			t.Errorf("the key is %s with credential %x, want it revoked without one", k.State, k.Credential.ID)
		}
	})
}

// over checks that an answer comes to nothing because there is no such registration.
func (d *desk) over(link ticket, body string) {
	d.t.Helper()
	before := d.stored()
	if status, problem := d.end(link.path(), body); status != http.StatusConflict || problem != "over" {
		d.t.Errorf("it is answered %d %q, want 409 over", status, problem)
	}
	if k := d.key(link.key.ID); k.State != directory.Pending || d.stored() != before {
		d.t.Errorf("the key is %s, want it pending and nothing changed", k.State)
	}
}

// TestCredentialOfAnotherKeyIsNotTaken: two keys with one credential could not be told apart at the log-in.
func TestCredentialOfAnotherKeyIsNotTaken(t *testing.T) {
	d := newDesk(t)
	one, two := d.assign(directory.PIN), d.assign(directory.PIN)
	var id []byte
	b := honest()
	b.change = func(r *rp.Registration) { id = r.CredentialID }
	body := b.create(t, d.begin(two.path()))
	k := d.key(one.key.ID)
	k.State, k.Credential = directory.Active, directory.Credential{ID: id, PublicKey: []byte("key")}
	d.update(func(tx directory.Tx) error { return tx.PutKey(k) })
	before := d.stored()
	if status, problem := d.end(two.path(), body); status != http.StatusConflict || problem != "taken" {
		t.Errorf("it is answered %d %q, want 409 taken", status, problem)
	}
	if k := d.key(two.key.ID); k.State != directory.Pending || d.stored() != before {
		t.Errorf("the key is %s, want it pending and nothing changed", k.State)
	}
}

// TestBeginAsksForWhatTheKeyNeeds reads the options as a browser does.
func TestBeginAsksForWhatTheKeyNeeds(t *testing.T) {
	d := newDesk(t)
	done := d.assign(directory.PIN)
	var active []byte
	b := honest()
	b.change = func(r *rp.Registration) { active = r.CredentialID }
	if status, problem := d.end(done.path(), b.create(t, d.begin(done.path()))); status != http.StatusOK {
		t.Fatalf("it is answered %d %q, want 200", status, problem)
	}
	u, _, err := d.dir.User(t.Context(), "ada")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []directory.Verification{directory.PIN, directory.PINless} {
		o := d.begin(d.assign(v).path())
		if o.RP.ID != "login.example.org" || len(o.Challenge) < 32 || !bytes.Equal(o.User.ID, u.Handle) {
			t.Errorf("it asks for relying party %q, user %x with a challenge of %d bytes, want login.example.org, %x and 32", o.RP.ID, o.User.ID, len(o.Challenge), u.Handle)
		}
		want := map[directory.Verification]string{directory.PIN: "required", directory.PINless: "discouraged"}[v]
		if got := o.AuthenticatorSelection; got.UserVerification != want || got.ResidentKey != "required" {
			t.Errorf("%s: user verification is %q and a discoverable credential %q, want %q and required", v, got.UserVerification, got.ResidentKey, want)
		}
		if len(o.ExcludeCredentials) != 1 || !bytes.Equal(o.ExcludeCredentials[0].ID, active) {
			t.Errorf("%s: excluded are %d credentials, want the one of the key that is active", v, len(o.ExcludeCredentials))
		}
		if o.Attestation != "none" && o.Attestation != "" {
			t.Errorf("%s: attestation is %q, though nobody wants to know the make", v, o.Attestation)
		}
	}
}

// TestCodeLeadsToAnActivation goes from the code to the active key without ever holding the link.
func TestCodeLeadsToAnActivation(t *testing.T) {
	d := newDesk(t)
	link := d.assign(directory.PIN)
	page := d.postCode(strings.ToLower(link.code)).Header().Get("Location")
	if page == "" || strings.Contains(page, link.token) {
		t.Fatalf("the code leads to %q, want a page whose address is not the link's", page)
	}
	wants(t, "the page", d.get(page), http.StatusOK, "Activate your card")
	if status, problem := d.end(page, honest().create(t, d.begin(page))); status != http.StatusOK {
		t.Fatalf("it is answered %d %q, want 200", status, problem)
	}
	k := d.key(link.key.ID)
	if k.State != directory.Active || k.Credential.AAGUID != honest().card.AAGUID || k.RPID != "login.example.org" {
		t.Errorf("the key is %s, model %x, for %q, want it active with its model and relying party", k.State, k.Credential.AAGUID, k.RPID)
	}
	wants(t, "the page afterwards", d.get(page), http.StatusGone, "This link was used already")
	wants(t, "the link afterwards", d.get(link.path()), http.StatusGone, "This link was used already")
}
