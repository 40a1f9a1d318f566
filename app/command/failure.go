package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"
	"time"

	"tapstation/app/activation"
	"tapstation/app/admin"
	"tapstation/app/audit"
	"tapstation/app/backup"
	"tapstation/app/bulk"
	"tapstation/app/directory"
	"tapstation/app/doctor"
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

// explain is what is said of an error: its code, its text, and what to do.
func explain(err error) failureDocument {
	for _, f := range failures {
		if f.is(err) {
			return failureDocument{Code: f.code, Message: err.Error(), Hint: f.hint}
		}
	}
	return failureDocument{Code: "failed", Message: err.Error()}
}

// failure is one kind of error. The codes are part of what scripts rely on: they never change.
type failure struct {
	is         func(error) bool
	code, hint string
}

// failures are tried in order: what an error is about comes before what lies beneath it.
var failures = []failure{
	{as[*usageError], "usage", "See tapstation --help."},
	{is(errNoPIN), "pin_required", "Give the PIN with --pin-stdin, or run this on a terminal."},
	{is(errNewPIN), "pin_change_required", "The card wants a new PIN: enroll it on a terminal, or change its PIN first."},

	{is(errLink), "bad_link", "Open the link of the mail in a browser, or type the code into the window."},
	{heldFor(directory.ClaimWindow), "window_open", "Go on in that window, or close it first. Commands work meanwhile."},
	{heldFor(directory.ClaimPortal), "portal_running", "It is served by that process already, a window or tapstation serve: end that first."},
	{heldFor(mail.Claim), "mail_running", "That process sends all that is due by itself, and looks again at once when a setting of mail changes."},
	{as[*directory.HeldError], "held", "Wait until that process is done, or end it."},
	{is(ErrNoDisplay), "no_display", "Run it where there is a screen, or use the commands: tapstation --help."},

	// The portal.
	{is(portal.ErrPlain), "certificate_required", "Give --certificate and --key, or listen on 127.0.0.1; behind a proxy name it with --proxy."},
	{is(portal.ErrCertificate), "bad_certificate", "Give a certificate chain and its key as PEM files that belong together and have not expired."},
	{is(portal.ErrAddressTaken), "address_taken", "End the other program, or give another --listen."},
	{is(portal.ErrAddress), "bad_address", "Give --listen as ADDRESS:PORT, with an address of this computer and a port you may use."},

	// Mail. What keeps all of it from leaving comes with what to do.
	{is(mail.ErrNotSetUp), "mail_not_set_up", "Set smtp_host, mail_from and portal_url first: tapstation settings set."},
	{is(mail.ErrLeaving), "mail_leaving", "Try again in a moment."},
	{is(mail.ErrGone), "mail_gone", "See tapstation mail show."},
	{as[*mail.RefusedError], "mail_refused", "Correct what the server names."},
	{mailTrouble(mail.UnknownServer), "mail_unknown_server", "Correct smtp_host in the settings, or the network of this computer."},
	{mailTrouble(mail.Unreachable), "mail_unreachable", "Correct smtp_host and smtp_port in the settings, or let the firewall pass them."},
	{mailTrouble(mail.CutOff), "mail_cut_off", "Correct smtp_port and smtp_security in the settings, or see the log of the mail server."},
	{mailTrouble(mail.TLSMissing), "mail_tls_missing", "Use a server, or a port of it, with STARTTLS, or set smtp_security to tls."},
	{mailTrouble(mail.TLSFailed), "mail_tls_failed", "Correct smtp_port and smtp_security in the settings."},
	{mailTrouble(mail.BadCertificate), "mail_certificate", "Name the server in smtp_host as its certificate does, or set smtp_ca to the authority that signed it."},
	{mailTrouble(mail.Unprotected), "mail_unprotected", "Set smtp_security to starttls or tls."},
	{mailTrouble(mail.AuthMissing), "mail_auth_missing", "Correct smtp_auth and smtp_security in the settings, or leave smtp_user empty."},
	{mailTrouble(mail.AuthRefused), "mail_auth_refused", "Correct smtp_user, and the password: tapstation settings set smtp_password --stdin."},
	{mailTrouble(mail.ServerBusy), "mail_server_busy", "Try again later."},
	{mailTrouble(mail.ServerRefuses), "mail_server_refuses", "Have the mail server take mail from this computer."},
	{mailTrouble(mail.SenderRefused), "mail_sender_refused", "Correct mail_from in the settings, or have the mail server take it."},
	{mailTrouble(mail.BadSettings), "mail_settings", "Correct what is named in the settings."},
	{mailTrouble(mail.StationFault), "mail_station", "Run tapstation doctor."},

	// Admins.
	{is(errNoPassword), "password_required", "Give the password with --password-stdin, or run this on a terminal."},
	{is(admin.ErrWrong), "password_wrong", "Try again with the right User ID and password: attempts are limited."},
	{as[*admin.WaitError], "password_wait", "Wait until then. A tap of your own card logs in at once."},
	{is(admin.ErrLocked), "admin_locked", "Log in by a tap of your own card, or have an owner unlock the password: tapstation admins unlock."},
	{is(admin.ErrNoAdmin), "no_admin", "See tapstation admins list."},
	{is(admin.ErrPINless), "key_pinless", "Log in with your password, or with a card that has a PIN."},
	{is(admin.ErrNoOwner), "no_owner", "Add an owner first: tapstation admins add USER-ID --role owner."},
	{is(directory.ErrLastOwner), "last_owner", "Make somebody else an owner first: tapstation admins role."},
	{is(directory.ErrHasAdmins), "has_admins", "Log in as one of them: tapstation admins list."},
	{is(directory.ErrForbidden), "forbidden", "Ask an owner of the workspace."},

	// What a card is to the directory.
	{as[*enroll.AlreadyEnrolledError], "already_enrolled", "Revoke that key first, or use another card."},
	{as[*login.OtherUserError], "other_user", "Use a card of this user."},
	{keyIn(directory.Pending), "key_pending", "Activate the key first."},
	{keyIn(directory.Disabled), "key_disabled", "Enable the key first: tapstation keys enable."},
	{keyIn(directory.Revoked), "key_revoked", "Use another key, or enroll a new one."},
	{is(login.ErrCloned), "cloned", "Revoke the key and enroll a new card."},
	{is(login.ErrNotProven), "not_proven", "Tap again. If it stays so, enroll the card anew."},
	{is(login.ErrUnknownCard), "unknown_card", "Use a card that is enrolled here."},
	{is(login.ErrUnknownUser), "unknown_user", "See tapstation users list."},
	{is(login.ErrUserDisabled), "user_disabled", "Enable the user first: tapstation users enable."},
	{is(login.ErrNoKey), "no_key", "Enroll a card for the user first."},
	{is(login.ErrUnreachable), "directory_unreachable", "Only keys with Offline Login work now. Run tapstation doctor."},
	{as[*login.SpentError], "offline_spent", "Log in once where the directory can be reached, or raise the setting offline_logins."},
	{as[*login.ExpiredError], "offline_expired", "Log in once where the directory can be reached, or raise the setting offline_days."},
	{is(login.ErrUncounted), "offline_uncounted", "Log in as somebody who may write to the data folder, or make room on the disk."},
	{is(login.ErrNotKept), "no_offline_key", "Enroll with --offline-login on this machine, or leave --offline out."},

	// A ticket, also where it was refused at the end of the ceremony.
	{is(activation.ErrTooMany), "code_wait", "Wait until then. A link works at once."},
	{is(activation.ErrWrongCode), "code_wrong", "Compare it with the mail and type it again: attempts are limited."},
	{is(activation.ErrCodeSpent), "code_spent", "Use the link of the mail, or have another one sent: tapstation keys resend."},
	{is(activation.ErrTooOften), "mailed_too_often", "Wait until then, or hand over the link: tapstation keys link."},
	{is(activation.ErrMailNotSetUp), "mail_not_set_up", "Set smtp_host, mail_from and portal_url first: tapstation settings set."},
	{is(activation.ErrNoEmail), "no_email", "Give the user an address: tapstation users edit USER-ID --email."},
	{is(activation.ErrUserDisabled), "user_disabled", "Enable the user first: tapstation users enable."},
	{is(activation.ErrPINShown), "pin_shown", "Use the code at a station: tapstation set-pin. Or have another mail sent: tapstation keys resend."},
	{is(activation.ErrPINNotShown), "pin_not_shown", "Have it shown first, or set the PIN at a station: tapstation set-pin."},
	{is(activation.ErrPINUnsure), "pin_unsure", "Bring the change to its end: tapstation set-pin, or tapstation keys change-pin."},
	{is(activation.ErrTicketKey), "ticket_key", "Links that were mailed still work. Run tapstation doctor; where the key is gone for good: tapstation keys renew-codes, then keys resend."},
	{is(activation.ErrLinkLost), "link_lost", "Have another one sent: tapstation keys resend."},
	{is(directory.ErrTicketUsed), "ticket_used", "Nothing is left to do. Otherwise have another one sent: tapstation keys resend."},
	{is(directory.ErrTicketWithdrawn), "ticket_withdrawn", "Have another one sent: tapstation keys resend."},
	{is(directory.ErrTicketExpired), "ticket_expired", "Have another one sent: tapstation keys resend."},
	{is(directory.ErrTicket), "ticket_refused", "Have another one sent: tapstation keys resend."},
	{is(errNoLink), "bad_link", "Copy the whole link from the mail, or type the code that is in it."},
	{is(errForActivation), "for_activation", "Use it with tapstation activate."},
	{is(errForPIN), "for_pin", "Use it with tapstation set-pin."},

	// The ceremony.
	{is(enroll.ErrCancelled), "cancelled", ""},
	{is(enroll.ErrOtherCard), "other_card", "Tap the card you began with, or begin with another one: enroll --anew."},
	{is(enroll.ErrUnfinished), "unfinished", "Tap the card the enrollment began with, or begin with another one: enroll --anew."},
	{is(enroll.ErrUserDisabled), "user_disabled", "Enable the user first: tapstation users enable."},
	{is(enroll.ErrNotACard), "not_a_card", "Only keys that are to be cards are made on a reader: assign a card to the user."},
	{is(enroll.ErrKeyChanged), "key_changed", "Run the command again: the card gets the settings that hold now."},
	{is(enroll.ErrChangedElsewhere), "pin_changed_elsewhere", "Give the PIN that the card has now, on the second line of standard input, or run this on a terminal."},
	{is(enroll.ErrAnew), "enroll_anew", "Enroll the card anew, as an admin: tapstation enroll USER-ID --replace KEY-ID."},
	{is(login.ErrSetPIN), "set_pin", "Use the link or the code of the mail about the PIN: tapstation set-pin."},
	{is(enroll.ErrForgotten), "pin_forgotten", "Reset the card and enroll it anew, on a terminal: tapstation keys change-pin KEY-ID --forgotten."},
	{is(directory.ErrPINDemanded), "pin_demanded", "Use --verification pin, or change the setting require_pin."},
	{is(directory.ErrPINUnknown), "pin_unknown", "Give the card a PIN: tapstation keys change-pin KEY-ID --verification pin."},
	{is(rp.ErrModel), "model_refused", "Use a card of a model that is taken: tapstation settings get allowed_aaguids and denied_aaguids."},
	{is(rp.ErrAttestation), "attestation_missing", "Use a card whose maker vouches for it, or change the setting attestation."},
	{is(enroll.ErrAlwaysPIN), "always_pin", "Enroll it with --verification pin."},
	{is(enroll.ErrPINImpossible), "pin_impossible", "Enroll it with --verification pinless, or use another card."},
	{is(enroll.ErrNotDiscoverable), "not_discoverable", "Use another card."},
	{is(enroll.ErrAlgorithm), "no_algorithm", "Use another card."},
	{is(enroll.ErrNotProven), "not_proven", "Tap again. If it stays so, use another card."},
	{as[*enroll.RefusedError], "refused", "Use a card the relying party takes."},
	{is(rp.ErrVerification), "refused", "Use a card the relying party takes."},
	{is(rp.ErrMalformed), "refused", "Use a card the relying party takes."},
	{as[*pin.PolicyError], "pin_policy", "Choose a PIN that follows the policy."},

	// What a key refuses.
	{pinError(func(e *device.PINError) bool { return e.Blocked }), "pin_blocked", "Only a reset helps, which destroys everything on the card. Enroll it on a terminal to be asked."},
	{pinError(func(e *device.PINError) bool { return e.PowerCycle }), "pin_power_cycle", "Take the card away and tap it again."},
	{as[*device.PINError], "pin_wrong", "Try again with the right PIN: attempts are limited."},
	{is(errLastAttempts), "pin_last_attempts", "Run this on a terminal and confirm, to risk them."},
	{is(device.ErrPINRequired), "pin_required", "Give the PIN with --pin-stdin, or run this on a terminal."},
	{is(device.ErrPINNotSet), "pin_not_set", "Enroll the card anew, to give it a PIN."},
	{is(device.ErrPINChange), "pin_change_required", "The card wants a new PIN: enroll it on a terminal, or change its PIN first."},
	{is(device.ErrPINPolicy), "pin_policy", "Choose a longer or less simple PIN."},
	{is(device.ErrExcluded), "already_enrolled", "The card already is a key of this user."},
	{is(device.ErrNoCredentials), "no_credentials", "Use a card that is enrolled here."},
	{is(device.ErrKeyFull), "key_full", "Remove credentials from the card, or use another one."},
	{is(device.ErrNotAllowed), "not_allowed", "Take the card away and tap it again."},
	{is(device.ErrUnsupported), "unsupported", "Use another card."},
	{is(device.ErrUserTimeout), "user_timeout", "Tap again."},

	// What can be missing before a tap, or happen in it.
	{is(device.ErrDenied), "service_denied", doctor.AllowService.Text()},
	{is(device.ErrServiceDown), "service_down", doctor.StartService.Text()},
	{is(device.ErrNoReader), "no_reader", "Plug a card reader in, or name one that is there: tapstation readers."},
	{is(device.ErrReaderHeld), "reader_held", "Close the other program that uses the reader."},
	{is(device.ErrNotFIDO), "not_fido", "It cannot become a FIDO2 key. Use a FIDO2 card."},
	{is(device.ErrRemoved), "removed", "Lay the card on the reader and hold it still."},
	{is(device.ErrCardReset), "card_reset", "Close the other program that uses the reader."},
	{is(device.ErrMute), "card_mute", "Take the card away, then lay it flat on the reader."},
	{is(device.ErrExchange), "card_lost_command", "Lay the card flat on the middle of the reader, alone, and hold it still."},
	{is(device.ErrNoCard), "no_card", "Lay a card on the reader."},
	{as[*device.StatusError], "card_error", "Tap again. If it stays so, use another card."},
	{as[*device.CTAPError], "card_error", "Tap again. If it stays so, use another card."},
	{as[*device.MalformedError], "card_malformed", "Tap again. If it stays so, use another card."},

	// Import and export.
	{unfinishedUndo, "import_unfinished", "Run any command, such as tapstation users list: it goes on taking back."},
	{as[*bulk.RefusedError], "import_refused", "Correct the lines that are named and import the file again."},
	{as[*directory.RowRefusedError], "import_refused", "Correct the lines that are named and import the file again."},
	{as[*bulk.HeaderError], "bad_header", "The first line must name the columns: user_id, user_name, first_name, last_name, email, groups."},
	{is(bulk.ErrEmpty), "empty_file", "Choose another file."},
	{is(bulk.ErrNoUsers), "no_users", "Choose a file with a line for each user below the names of the columns."},
	{is(bulk.ErrNoID), "no_user_id", "Name the column: --column user_id=HEADER. If all stands in one column, name what separates them: --delimiter."},
	{is(bulk.ErrColumns), "columns", "Give each field a column of its own: --column FIELD=HEADER."},
	{is(bulk.ErrTooMany), "too_many_users", "Split the file."},
	{is(bulk.ErrChanged), "file_changed", "Close the program that writes the file, and import it again."},
	{is(bulk.ErrNotAFile), "not_a_file", "Name a file."},
	{is(whole.ErrNotAFile), "not_a_file", "Name a file."},
	{is(errTooLarge), "file_too_large", "Use a smaller file."},
	{is(directory.ErrImporting), "import_running", "Wait until it is over."},
	{is(directory.ErrImportLost), "import_lost", "Import the file again."},

	// A backup.
	{is(backup.ErrForeign), "no_backup", "Name a file that tapstation backup made."},
	{is(backup.ErrNewer), "newer", "Update Tapstation on this computer."},
	{is(backup.ErrOther), "file_exists", "Choose another name, or remove that file first."},
	{is(backup.ErrDamaged), "backup_damaged", "Use another backup."},
	{is(backup.ErrNothing), "nothing_to_back_up", "Add a user first."},

	// The directory.
	{as[*directory.InvalidError], "invalid", "Correct what is named."},
	{is(errUnconfirmed), "confirmation_required", "Give --yes, or run this on a terminal."},
	{is(errUnknownGroup), "unknown_group", "See tapstation groups list."},
	{is(errUnknownSetting), "unknown_setting", "See tapstation settings list."},
	{is(errLanguage), "unknown_language", "See tapstation mail template list."},
	{is(letter.ErrAddress), "mail_address", "Correct mail_from or mail_reply_to in the settings, or the user's address."},
	{is(letter.ErrLink), "mail_link", "Correct portal_url in the settings."},
	{is(letter.ErrCode), "mail_code", "Ask for another code."},
	{is(letter.ErrMessageID), "mail_id", "Correct mail_from in the settings."},
	{is(letter.ErrKind), "mail_kind", "See tapstation mail template list."},
	{is(errNoValue), "no_value", "Give the value with --stdin or --file."},
	{is(directory.ErrNoSeal), "no_seal", "Secrets cannot be kept here. Run tapstation doctor."},
	{is(directory.ErrExists), "exists", "Choose another User ID, or name of a group."},
	{is(directory.ErrState), "key_state", "See tapstation keys list for its state."},
	{is(directory.ErrNotFound), "not_found", "See tapstation users list and keys list."},
	{is(directory.ErrOfflineCache), "offline_cache", "Run the command again. If it stays so, run tapstation doctor."},
	{is(directory.ErrBusy), "busy", "Try again, or close the other program."},
	{is(directory.ErrNewer), "newer", "Update Tapstation on this computer."},
	{is(directory.ErrDamaged), "damaged", "Restore a backup."},
	{is(audit.ErrBroken), "audit_broken", "Compare with an exported audit log."},

	{is(errNotDone), "timeout", "Hold the card still, or give it longer with --timeout."},
	{as[*timeoutError], "timeout", "Nothing was tapped in time; give it longer with --timeout."},
	{is(context.DeadlineExceeded), "timeout", "Give it longer with --timeout."},
	{is(context.Canceled), "cancelled", ""},
	{is(fs.ErrNotExist), "no_such_file", "Name a file that is there."},
	{is(syscall.ENOSPC), "disk_full", "Make room on the disk."},
	{is(fs.ErrPermission), "no_permission", "Use a file you may read, or write, and a folder likewise."},
}

// unfinishedUndo: an import that was begun could not be taken back in full.
func unfinishedUndo(err error) bool {
	var undone *bulk.UndoneError
	return errors.As(err, &undone) && undone.Undo != nil
}

func is(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

func as[T error](err error) bool {
	var target T
	return errors.As(err, &target)
}

func pinError(which func(*device.PINError) bool) func(error) bool {
	return func(err error) bool {
		var e *device.PINError
		return errors.As(err, &e) && which(e)
	}
}

func heldFor(claim string) func(error) bool {
	return func(err error) bool {
		var e *directory.HeldError
		return errors.As(err, &e) && e.Claim == claim
	}
}

func keyIn(state directory.KeyState) func(error) bool {
	return func(err error) bool {
		var e *login.KeyStateError
		return errors.As(err, &e) && e.State == state
	}
}

// timeoutError is a command that waited as long as it was told to. Last is what it waited for to mend; its code is
// that of Last, so that a script learns what was missing.
type timeoutError struct {
	after time.Duration
	last  error
}

// errNotDone is what a command waited for that had its card.
var errNotDone = errors.New("not done")

func (e *timeoutError) Error() string {
	switch {
	case e.last == nil:
		return fmt.Sprintf("waited %v for nothing", e.after)
	case errors.Is(e.last, errNotDone):
		return fmt.Sprintf("%v within %v", e.last, e.after)
	}
	return fmt.Sprintf("waited %v for nothing: %v", e.after, e.last)
}

func (e *timeoutError) Unwrap() error { return e.last }
