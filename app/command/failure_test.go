package command

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"tapstation/app/activation"
	"tapstation/app/admin"
	"tapstation/app/audit"
	"tapstation/app/bulk"
	"tapstation/app/directory"
	"tapstation/app/enroll"
	"tapstation/app/login"
	"tapstation/app/mail"
	"tapstation/app/mail/letter"
	"tapstation/app/pin"
	"tapstation/app/portal"
	"tapstation/app/rp"
	"tapstation/app/whole"
	"tapstation/device"
)

// codes are what scripts rely on: the code of every error the packages below the command line declare.
var codes = map[string]struct {
	err  error
	code string
}{
	"device.ErrServiceDown":        {device.ErrServiceDown, "service_down"},
	"device.ErrDenied":             {device.ErrDenied, "service_denied"},
	"device.ErrNoReader":           {device.ErrNoReader, "no_reader"},
	"device.ErrNoCard":             {device.ErrNoCard, "no_card"},
	"device.ErrReaderHeld":         {device.ErrReaderHeld, "reader_held"},
	"device.ErrRemoved":            {device.ErrRemoved, "removed"},
	"device.ErrCardReset":          {device.ErrCardReset, "card_reset"},
	"device.ErrMute":               {device.ErrMute, "card_mute"},
	"device.ErrExchange":           {device.ErrExchange, "card_lost_command"},
	"device.ErrNotFIDO":            {device.ErrNotFIDO, "not_fido"},
	"device.ErrExcluded":           {device.ErrExcluded, "already_enrolled"},
	"device.ErrNoCredentials":      {device.ErrNoCredentials, "no_credentials"},
	"device.ErrKeyFull":            {device.ErrKeyFull, "key_full"},
	"device.ErrPINRequired":        {device.ErrPINRequired, "pin_required"},
	"device.ErrPINNotSet":          {device.ErrPINNotSet, "pin_not_set"},
	"device.ErrPINChange":          {device.ErrPINChange, "pin_change_required"},
	"device.ErrPINPolicy":          {device.ErrPINPolicy, "pin_policy"},
	"device.ErrNotAllowed":         {device.ErrNotAllowed, "not_allowed"},
	"device.ErrUnsupported":        {device.ErrUnsupported, "unsupported"},
	"device.ErrUserTimeout":        {device.ErrUserTimeout, "user_timeout"},
	"device.PINError":              {&device.PINError{Retries: 5}, "pin_wrong"},
	"device.StatusError":           {&device.StatusError{SW: 0x6F00}, "card_error"},
	"device.CTAPError":             {&device.CTAPError{Code: 0x7F}, "card_error"},
	"device.MalformedError":        {&device.MalformedError{What: "getInfo", Err: errors.New("odd")}, "card_malformed"},
	"mail.Trouble":                 {&mail.Trouble{Kind: mail.Unreachable}, "mail_unreachable"},
	"mail.ErrNotSetUp":             {mail.ErrNotSetUp, "mail_not_set_up"},
	"mail.ErrLeaving":              {mail.ErrLeaving, "mail_leaving"},
	"mail.ErrGone":                 {mail.ErrGone, "mail_gone"},
	"mail.RefusedError":            {&mail.RefusedError{}, "mail_refused"},
	"enroll.ErrCancelled":          {enroll.ErrCancelled, "cancelled"},
	"enroll.ErrForgotten":          {enroll.ErrForgotten, "pin_forgotten"},
	"enroll.ErrNotACard":           {enroll.ErrNotACard, "not_a_card"},
	"enroll.ErrKeyChanged":         {&enroll.RefusedError{Reason: enroll.ErrKeyChanged}, "key_changed"},
	"enroll.ErrChangedElsewhere":   {enroll.ErrChangedElsewhere, "pin_changed_elsewhere"},
	"enroll.ErrAnew":               {enroll.ErrAnew, "enroll_anew"},
	"login.ErrSetPIN":              {login.ErrSetPIN, "set_pin"},
	"activation.ErrTooMany":        {activation.ErrTooMany, "code_wait"},
	"activation.TooManyError":      {&activation.TooManyError{}, "code_wait"},
	"activation.ErrWrongCode":      {activation.ErrWrongCode, "code_wrong"},
	"activation.ErrCodeSpent":      {activation.ErrCodeSpent, "code_spent"},
	"activation.ErrTooOften":       {activation.ErrTooOften, "mailed_too_often"},
	"activation.TooOftenError":     {&activation.TooOftenError{}, "mailed_too_often"},
	"activation.ErrMailNotSetUp":   {activation.ErrMailNotSetUp, "mail_not_set_up"},
	"activation.ErrNoEmail":        {activation.ErrNoEmail, "no_email"},
	"activation.ErrUserDisabled":   {activation.ErrUserDisabled, "user_disabled"},
	"activation.ErrPINShown":       {activation.ErrPINShown, "pin_shown"},
	"activation.ErrPINNotShown":    {activation.ErrPINNotShown, "pin_not_shown"},
	"activation.ErrPINUnsure":      {activation.ErrPINUnsure, "pin_unsure"},
	"activation.ErrTicketKey":      {activation.ErrTicketKey, "ticket_key"},
	"activation.ErrLinkLost":       {activation.ErrLinkLost, "link_lost"},
	"directory.ErrTicket":          {directory.ErrTicket, "ticket_refused"},
	"directory.ErrTicketUsed":      {&enroll.RefusedError{Reason: directory.ErrTicketUsed}, "ticket_used"},
	"directory.ErrTicketWithdrawn": {directory.ErrTicketWithdrawn, "ticket_withdrawn"},
	"directory.ErrTicketExpired":   {directory.ErrTicketExpired, "ticket_expired"},
	"directory.HeldError":          {&directory.HeldError{Claim: "import"}, "held"},
	"directory.ErrPINDemanded":     {directory.ErrPINDemanded, "pin_demanded"},
	"directory.ErrPINUnknown":      {directory.ErrPINUnknown, "pin_unknown"},
	"rp.ErrModel":                  {&enroll.RefusedError{Reason: rp.ErrModel}, "model_refused"},
	"rp.ModelError":                {&rp.ModelError{}, "model_refused"},
	"rp.ErrAttestation":            {&enroll.RefusedError{Reason: rp.ErrAttestation}, "attestation_missing"},
	"whole.ErrNotAFile":            {whole.ErrNotAFile, "not_a_file"},
	"enroll.ErrOtherCard":          {enroll.ErrOtherCard, "other_card"},
	"enroll.ErrUnfinished":         {enroll.ErrUnfinished, "unfinished"},
	"enroll.ErrUserDisabled":       {enroll.ErrUserDisabled, "user_disabled"},
	"enroll.ErrAlwaysPIN":          {enroll.ErrAlwaysPIN, "always_pin"},
	"enroll.ErrPINImpossible":      {enroll.ErrPINImpossible, "pin_impossible"},
	"enroll.ErrNotDiscoverable":    {enroll.ErrNotDiscoverable, "not_discoverable"},
	"enroll.ErrAlgorithm":          {enroll.ErrAlgorithm, "no_algorithm"},
	"enroll.ErrNotProven":          {enroll.ErrNotProven, "not_proven"},
	"enroll.AlreadyEnrolledError":  {&enroll.AlreadyEnrolledError{}, "already_enrolled"},
	"enroll.RefusedError":          {&enroll.RefusedError{Reason: errors.New("odd")}, "refused"},
	"login.ErrUnknownUser":         {login.ErrUnknownUser, "unknown_user"},
	"login.ErrUserDisabled":        {login.ErrUserDisabled, "user_disabled"},
	"login.ErrNoKey":               {login.ErrNoKey, "no_key"},
	"login.SpentError":             {&login.SpentError{}, "offline_spent"},
	"login.ExpiredError":           {&login.ExpiredError{}, "offline_expired"},
	"login.ErrUncounted":           {fmt.Errorf("%w: %w", login.ErrUncounted, directory.ErrBusy), "offline_uncounted"},
	"login.ErrNotKept":             {login.ErrNotKept, "no_offline_key"},
	"login.ErrUnreachable":         {login.ErrUnreachable, "directory_unreachable"},
	"login.ErrUnknownCard":         {login.ErrUnknownCard, "unknown_card"},
	"login.ErrNotProven":           {login.ErrNotProven, "not_proven"},
	"login.ErrCloned":              {login.ErrCloned, "cloned"},
	"login.KeyStateError":          {&login.KeyStateError{State: directory.Disabled}, "key_disabled"},
	"login.OtherUserError":         {&login.OtherUserError{}, "other_user"},
	"admin.ErrWrong":               {admin.ErrWrong, "password_wrong"},
	"admin.ErrLocked":              {admin.ErrLocked, "admin_locked"},
	"admin.ErrNoAdmin":             {admin.ErrNoAdmin, "no_admin"},
	"admin.ErrNoOwner":             {admin.ErrNoOwner, "no_owner"},
	"admin.ErrPINless":             {admin.ErrPINless, "key_pinless"},
	"admin.WaitError":              {&admin.WaitError{}, "password_wait"},
	"directory.ErrForbidden":       {directory.ErrForbidden, "forbidden"},
	"directory.ForbiddenError":     {&directory.ForbiddenError{}, "forbidden"},
	"directory.ErrLastOwner":       {directory.ErrLastOwner, "last_owner"},
	"directory.ErrHasAdmins":       {directory.ErrHasAdmins, "has_admins"},
	"directory.ErrNotFound":        {directory.ErrNotFound, "not_found"},
	"directory.ErrExists":          {directory.ErrExists, "exists"},
	"directory.ErrBusy":            {directory.ErrBusy, "busy"},
	"directory.ErrNewer":           {directory.ErrNewer, "newer"},
	"directory.ErrDamaged":         {directory.ErrDamaged, "damaged"},
	"directory.ErrState":           {directory.ErrState, "key_state"},
	"directory.ErrOfflineCache":    {directory.ErrOfflineCache, "offline_cache"},
	"directory.ErrNoSeal":          {directory.ErrNoSeal, "no_seal"},
	"directory.InvalidError":       {&directory.InvalidError{}, "invalid"},
	"directory.StateError":         {&directory.StateError{}, "key_state"},
	"directory.ErrImporting":       {directory.ErrImporting, "import_running"},
	"directory.ImportingError":     {&directory.ImportingError{}, "import_running"},
	"directory.ErrImportLost":      {directory.ErrImportLost, "import_lost"},
	"directory.RowRefusedError":    {&directory.RowRefusedError{}, "import_refused"},
	"bulk.ErrEmpty":                {bulk.ErrEmpty, "empty_file"},
	"bulk.ErrNoUsers":              {bulk.ErrNoUsers, "no_users"},
	"bulk.ErrNoID":                 {bulk.ErrNoID, "no_user_id"},
	"bulk.ErrTooMany":              {bulk.ErrTooMany, "too_many_users"},
	"bulk.ErrChanged":              {bulk.ErrChanged, "file_changed"},
	"bulk.ErrNotAFile":             {bulk.ErrNotAFile, "not_a_file"},
	"bulk.ErrColumns":              {bulk.ErrColumns, "columns"},
	"bulk.RefusedError":            {&bulk.RefusedError{}, "import_refused"},
	"bulk.HeaderError":             {&bulk.HeaderError{}, "bad_header"},
	"bulk.UndoneError":             {&bulk.UndoneError{Cause: context.Canceled, Undo: directory.ErrBusy}, "import_unfinished"},
	"letter.ErrAddress":            {letter.ErrAddress, "mail_address"},
	"letter.ErrLink":               {letter.ErrLink, "mail_link"},
	"letter.ErrCode":               {letter.ErrCode, "mail_code"},
	"letter.ErrMessageID":          {letter.ErrMessageID, "mail_id"},
	"letter.ErrKind":               {letter.ErrKind, "mail_kind"},
	"letter.InvalidError":          {&letter.InvalidError{}, "invalid"},
	"pin.PolicyError":              {&pin.PolicyError{}, "pin_policy"},
	"portal.ErrPlain":              {portal.ErrPlain, "certificate_required"},
	"portal.ErrCertificate":        {portal.ErrCertificate, "bad_certificate"},
	"portal.ErrAddressTaken":       {portal.ErrAddressTaken, "address_taken"},
	"portal.ErrAddress":            {portal.ErrAddress, "bad_address"},
	"rp.ErrVerification":           {rp.ErrVerification, "refused"},
	"rp.ErrMalformed":              {rp.ErrMalformed, "refused"},
	"audit.ErrBroken":              {audit.ErrBroken, "audit_broken"},
}

func TestEveryErrorHasItsCode(t *testing.T) {
	word := regexp.MustCompile(`^[a-z]+(_[a-z0-9]+)*$`)
	for name, want := range codes {
		got := explain(fmt.Errorf("attempt: %w", want.err))
		if got.Code != want.code || !word.MatchString(got.Code) {
			t.Errorf("%s has code %q, want %q", name, got.Code, want.code)
		}
		if !strings.HasPrefix(got.Message, "attempt: ") {
			t.Errorf("%s has message %q, want the whole error", name, got.Message)
		}
		if got.Hint == "" && got.Code != "cancelled" {
			t.Errorf("%s comes without a hint", name)
		}
	}
}

// TestNoErrorIsForgotten reads which errors the packages declare, so that a new one gets a code.
func TestNoErrorIsForgotten(t *testing.T) {
	found := 0
	for name, folder := range map[string]string{
		"device": "../../device", "enroll": "../enroll", "login": "../login", "directory": "../directory",
		"pin": "../pin", "activation": "../activation", "rp": "../rp", "audit": "../audit", "admin": "../admin", "bulk": "../bulk", "whole": "../whole",
		"mail": "../mail", "letter": "../mail/letter", "portal": "../portal",
	} {
		for _, e := range declaredErrors(t, folder) {
			found++
			if _, ok := codes[name+"."+e]; !ok {
				t.Errorf("%s.%s has no code in this test's table", name, e)
			}
		}
	}
	if found < 50 {
		t.Errorf("found %d declared errors, want at least 50: is this test still reading the right folders?", found)
	}
}

// declaredErrors are the exported Err… variables and the exported types with an Error method of a package.
func declaredErrors(t *testing.T, folder string) (names []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			names = append(names, errorsOf(d)...)
		}
	}
	return names
}

func errorsOf(d ast.Decl) (names []string) {
	switch d := d.(type) {
	case *ast.GenDecl:
		for _, s := range d.Specs {
			if v, ok := s.(*ast.ValueSpec); ok && d.Tok == token.VAR && strings.HasPrefix(v.Names[0].Name, "Err") {
				names = append(names, v.Names[0].Name)
			}
		}
	case *ast.FuncDecl:
		if d.Name.Name != "Error" || d.Recv == nil {
			return nil
		}
		recv := d.Recv.List[0].Type
		if star, ok := recv.(*ast.StarExpr); ok {
			recv = star.X
		}
		if id, ok := recv.(*ast.Ident); ok && id.IsExported() {
			names = append(names, id.Name)
		}
	}
	return names
}

func TestErrorsWithSeveralMeaningsAreToldApart(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		code string
	}{
		"blocked PIN":       {&device.PINError{Blocked: true}, "pin_blocked"},
		"power cycle":       {&device.PINError{Retries: 5, PowerCycle: true}, "pin_power_cycle"},
		"pending key":       {&login.KeyStateError{State: directory.Pending}, "key_pending"},
		"revoked key":       {&login.KeyStateError{State: directory.Revoked}, "key_revoked"},
		"timeout":           {&timeoutError{after: time.Minute}, "timeout"},
		"timeout, no card":  {&timeoutError{after: time.Minute, last: device.ErrRemoved}, "removed"},
		"interrupted":       {fmt.Errorf("wait for a card: %w", context.Canceled), "cancelled"},
		"deadline":          {fmt.Errorf("wait for a card: %w", context.DeadlineExceeded), "timeout"},
		"busy beneath":      {fmt.Errorf("%w: %w", login.ErrUnreachable, directory.ErrBusy), "directory_unreachable"},
		"refusal, unkept":   {fmt.Errorf("%w; it could not be put on record: %w", login.ErrCloned, directory.ErrBusy), "cloned"},
		"cache busy":        {fmt.Errorf("%w: %w", directory.ErrOfflineCache, directory.ErrBusy), "offline_cache"},
		"nobody to ask":     {errNoPIN, "pin_required"},
		"forced PIN change": {errNewPIN, "pin_change_required"},
		"last attempts":     {errLastAttempts, "pin_last_attempts"},
		"no display":        {ErrNoDisplay, "no_display"},
		"misuse":            {misuse("odd"), "usage"},
		"cancelled import":  {&bulk.UndoneError{Cause: fmt.Errorf("import: %w", context.Canceled)}, "cancelled"},
		"anything else":     {errors.New("odd"), "failed"},
	} {
		if got := explain(test.err); got.Code != test.code {
			t.Errorf("%s has code %q, want %q", name, got.Code, test.code)
		}
	}
}
