package wording

import (
	"fmt"
	"strings"
	"testing"

	"tapstation/app/mail"
)

func TestEveryTroubleOfMailHasWordsOfItsOwn(t *testing.T) {
	said := map[string]mail.TroubleKind{}
	for _, kind := range []mail.TroubleKind{mail.UnknownServer, mail.Unreachable, mail.CutOff, mail.TLSMissing, mail.TLSFailed, mail.BadCertificate,
		mail.Unprotected, mail.AuthMissing, mail.AuthRefused, mail.ServerBusy, mail.ServerRefuses, mail.SenderRefused, mail.BadSettings, mail.StationFault} {
		w := Error(fmt.Errorf("send: %w", &mail.Trouble{Kind: kind}))
		if w.Title == "" || w.Remedy == "" || strings.HasPrefix(w.Title, "trouble.") || strings.HasPrefix(w.Remedy, "trouble.") {
			t.Errorf("of %s is said %q, %q; want a sentence and what to do", kind, w.Title, w.Remedy)
		}
		if other, twice := said[w.Title]; twice {
			t.Errorf("the same is said of %s and of %s: %q", kind, other, w.Title)
		}
		said[w.Title] = kind
	}
}
