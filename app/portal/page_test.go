package portal_test

import (
	"net/http"
	"testing"

	"tapstation/app/directory"
)

func TestPagesBehindALink(t *testing.T) {
	d := newDesk(t)
	link := d.assign(directory.PIN)
	wants(t, "the page of a link", d.get(link.path()), http.StatusOK, "Activate your card", "Hello Ada,", "Example GmbH", link.code)
	w := d.postCode(link.code)
	if w.Code != http.StatusSeeOther {
		t.Fatalf("the code leads to status %d, want 303", w.Code)
	}
	wants(t, "the page of a code", d.get(w.Header().Get("Location")), http.StatusOK, "Activate your card", "Hello Ada,", link.code)
	pin := d.enrolled()
	wants(t, "the page of a PIN link", d.get(pin.path()), http.StatusOK, "Choose your PIN")
}
