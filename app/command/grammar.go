package command

import (
	"time"

	"github.com/alecthomas/kong"
)

// common are the flags of every command, taken before and after it.
type common struct {
	Data   string          `help:"Data folder; the demo makes its own." env:"TAPSTATION_DATA" placeholder:"DIR" type:"path"`
	Config kong.ConfigFlag `help:"Take flags that are not given from this JSON file: {\"reader\": …}." placeholder:"FILE" type:"path"`
	JSON   bool            `help:"Print one JSON document." name:"json"`
}

// grammar is what can be typed.
type grammar struct {
	common

	Desk     deskCommand     `cmd:"" default:"withargs" help:"Open the desk window (the default)."`
	Open     openCommand     `cmd:"" help:"Show what a tapstation:// link is for, in the window that is open or in a new one."`
	Serve    serveCommand    `cmd:"" help:"Serve the pages behind mailed links, without a window."`
	Enroll   enrollCommand   `cmd:"" help:"Turn the card on the reader into a security key of a user."`
	Activate activateCommand `cmd:"" help:"Turn the card on the reader into the security key that a mailed link or code is for."`
	SetPIN   setPINCommand   `cmd:"" name:"set-pin" help:"Let the holder of a card with a temporary PIN choose their own, by a mailed link or code."`
	Readers  readersCommand  `cmd:"" help:"List readers and cards, and what they can do."`
	Doctor   doctorCommand   `cmd:"" help:"Look at everything that must hold before a tap."`
	Whois    whoisCommand    `cmd:"" help:"Tell whose security key a card is."`
	Login    loginCommand    `cmd:"" help:"Succeed only if the card tapped now is an active key of a user."`
	Users    struct {
		List    usersListCommand    `cmd:"" help:"List users."`
		Show    usersShowCommand    `cmd:"" help:"Show a user and their security keys."`
		Add     usersAddCommand     `cmd:"" help:"Add a user."`
		Edit    usersEditCommand    `cmd:"" help:"Change what is known of a user."`
		Disable usersDisableCommand `cmd:"" help:"Keep a user and all their keys from being used until they are enabled again."`
		Enable  usersEnableCommand  `cmd:"" help:"Let a disabled user be used again."`
		Delete  usersDeleteCommand  `cmd:"" help:"Delete a user and end their keys, for good."`
		Import  usersImportCommand  `cmd:"" help:"Add and change users by a CSV file: all of it, or nothing."`
		Export  usersExportCommand  `cmd:"" help:"Write users to a CSV file that import takes back."`
	} `cmd:"" help:"Users of the workspace."`
	Groups struct {
		List        groupsListCommand        `cmd:"" help:"List groups."`
		Add         groupsAddCommand         `cmd:"" help:"Add a group."`
		Change      groupsChangeCommand      `cmd:"" help:"Rename a group, describe it, or say what new keys of its members get."`
		Delete      groupsDeleteCommand      `cmd:"" help:"Delete a group; its members stay."`
		Members     groupsMembersCommand     `cmd:"" help:"List the members of a group."`
		AddUsers    groupsAddUsersCommand    `cmd:"" help:"Put users into a group."`
		RemoveUsers groupsRemoveUsersCommand `cmd:"" help:"Take users out of a group."`
	} `cmd:"" help:"Groups of users."`
	Keys struct {
		List       keysListCommand       `cmd:"" help:"List security keys."`
		Rename     keysRenameCommand     `cmd:"" help:"Give a security key another name."`
		Settings   keysSettingsCommand   `cmd:"" help:"Change what a security key asks of its holder, and whether it may log in offline."`
		ChangePIN  keysChangePINCommand  `cmd:"" name:"change-pin" help:"Give the card of a security key another PIN, or its first."`
		Assign     keysAssignCommand     `cmd:"" help:"Assign a security key to a user, or to many, who activate it by a link that is mailed to them."`
		Resend     keysResendCommand     `cmd:"" help:"Mail a new link and code for a pending security key, or for one whose PIN is temporary."`
		Withdraw   keysWithdrawCommand   `cmd:"" help:"End a pending security key, its link and its code."`
		Link       keysLinkCommand       `cmd:"" help:"Print the link and code of a security key that waits for its user; that is on record."`
		RenewCodes keysRenewCodesCommand `cmd:"" name:"renew-codes" help:"Make a new key for links and codes, where the old one cannot be opened any more."`
		Disable    keysDisableCommand    `cmd:"" help:"Keep a security key from being used until it is enabled again."`
		Enable     keysEnableCommand     `cmd:"" help:"Let a disabled security key be used again."`
		Revoke     keysRevokeCommand     `cmd:"" help:"End a security key for good."`
	} `cmd:"" help:"Security keys of users."`
	Admins struct {
		List     adminsListCommand     `cmd:"" help:"List admins."`
		Add      adminsAddCommand      `cmd:"" help:"Make a user an admin."`
		Role     adminsRoleCommand     `cmd:"" help:"Give an admin another role."`
		Password adminsPasswordCommand `cmd:"" help:"Give an admin another password."`
		Unlock   adminsUnlockCommand   `cmd:"" help:"Let an admin's password be tried again after too many wrong ones."`
		Remove   adminsRemoveCommand   `cmd:"" help:"Make an admin a user like others."`
		Check    adminsCheckCommand    `cmd:"" help:"Succeed only if a User ID and password log in; counts like a log-in at the window."`
	} `cmd:"" help:"Who may open the admin panel, and in which role."`
	Mail struct {
		List     mailListCommand     `cmd:"" help:"List the outbox: what waits to be sent, and what became of the rest."`
		Show     mailShowCommand     `cmd:"" help:"Show a mail of the outbox, and what the server said to it."`
		Retry    mailRetryCommand    `cmd:"" help:"Send a mail again, or now."`
		Withdraw mailWithdrawCommand `cmd:"" help:"Keep a mail that waits from being sent. The link in it stays valid."`
		Send     mailSendCommand     `cmd:"" help:"Send all that is due."`
		Test     mailTestCommand     `cmd:"" help:"Send a test with the settings as they are."`
		Template struct {
			List    mailTemplateListCommand    `cmd:"" help:"List what mails say, by kind and language."`
			Show    mailTemplateShowCommand    `cmd:"" help:"Show what a kind of mail says, and what may stand in it."`
			Set     mailTemplateSetCommand     `cmd:"" help:"Change what a kind of mail says."`
			Reset   mailTemplateResetCommand   `cmd:"" help:"Go back to what it says as delivered."`
			Preview mailTemplatePreviewCommand `cmd:"" help:"Show a mail to somebody made up."`
		} `cmd:"" help:"What mails say."`
	} `cmd:"" help:"Mails to users."`
	Settings struct {
		List settingsListCommand `cmd:"" help:"List settings with their values."`
		Get  settingsGetCommand  `cmd:"" help:"Print the value of a setting."`
		Set  settingsSetCommand  `cmd:"" help:"Change a setting."`
	} `cmd:"" help:"Settings of the workspace, by the names the window has them under."`
	Audit struct {
		List   auditListCommand   `cmd:"" help:"List what was done, the newest first."`
		Verify auditVerifyCommand `cmd:"" help:"Check that no entry was changed, removed or moved afterwards."`
		Export auditExportCommand `cmd:"" help:"Write the record of what was done to a file."`
	} `cmd:"" help:"The tamper-evident record of every act."`
	Backup  backupCommand  `cmd:"" help:"Copy the directory into one file, while it is used."`
	Restore restoreCommand `cmd:"" help:"Put a backup in the place of the directory, after it was checked."`
	Tour    tourCommand    `cmd:"" help:"Drive the windows along the main path with a demo card; one PNG a screen."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

// cardFlags are those of every command that waits for a card.
type cardFlags struct {
	Reader  string        `help:"Name of the reader; without it the first card that comes counts." placeholder:"NAME"`
	Timeout time.Duration `help:"How long to wait for it all; 0 waits for ever." default:"2m"`
}

type deskCommand struct {
	Demo bool `help:"With a demo reader and a demo card, in a data folder thrown away afterwards."`
}

type enrollCommand struct {
	cardFlags
	UserID       string   `arg:"" optional:"" name:"user-id" help:"User ID of the holder; may be left out with --key."`
	Key          string   `help:"ID of the pending key that becomes active; its name and settings are kept." placeholder:"KEY-ID"`
	KeyName      string   `help:"Name of the key; without it a sensible one is made." placeholder:"NAME"`
	Verification string   `help:"pin or pinless; without it the default of the user's groups and the workspace." enum:"pin,pinless," default:"" placeholder:"KIND"`
	OfflineLogin *bool    `help:"Let the key log in where the directory cannot be reached; without it the default of the user's groups and the workspace." negatable:""`
	PINChooser   string   `help:"Who chooses the PIN of a card without one: user_here, or user_mail for a temporary one until then; without it the default. A PIN from standard input is the user's." name:"pin-chooser" enum:"user_here,user_mail," default:"" placeholder:"WHO"`
	Replace      []string `help:"ID of a key of this user that is revoked when the new one works; may be given more than once." placeholder:"KEY-ID" sep:"none"`
	PINStdin     bool     `help:"Take the new or existing PIN from standard input, one line." name:"pin-stdin"`
	Anew         bool     `help:"Let go of an enrollment of this user that was not finished, and take any card."`
}

type readersCommand struct {
	Reader string `help:"Name of the only reader wanted." placeholder:"NAME"`
}

type doctorCommand struct {
	Reader string `help:"Name of the only reader that counts." placeholder:"NAME"`
}

type whoisCommand struct {
	cardFlags
}

type loginCommand struct {
	cardFlags
	UserID   string `arg:"" name:"user-id" help:"User ID of who logs in."`
	PINStdin bool   `help:"Take the PIN from standard input, one line." name:"pin-stdin"`
	Offline  bool   `help:"Do not ask the directory; only keys kept on this machine for Offline Login count."`
}

type usersListCommand struct {
	Query string `help:"Only users with words that begin like these." placeholder:"WORDS"`
	Group string `help:"Only users of this group." placeholder:"NAME"`
	pageFlags
}

type usersAddCommand struct {
	UserID    string   `arg:"" name:"user-id" help:"User ID, unique."`
	UserName  string   `help:"User name." placeholder:"NAME"`
	FirstName string   `help:"First name." placeholder:"NAME"`
	LastName  string   `help:"Last name." placeholder:"NAME"`
	Email     string   `help:"E-mail address." placeholder:"ADDRESS"`
	Group     []string `help:"Group; may be given more than once. A group that is not there is made." placeholder:"NAME" sep:"none"`
	Language  string   `help:"Language of mails for the user, such as en or de; without it the workspace's." placeholder:"TAG"`
}

// pageFlags are those of every list.
type pageFlags struct {
	Limit int    `help:"At most so many." default:"100" placeholder:"N"`
	After string `help:"Go on where an earlier list ended (its next)." placeholder:"NEXT"`
}

type keysListCommand struct {
	User         string `help:"Only keys of this user." placeholder:"USER-ID"`
	State        string `help:"Only keys in this state: pending, active, disabled or revoked." enum:"pending,active,disabled,revoked," default:"" placeholder:"STATE"`
	Kind         string `help:"Only keys of this kind: card, usb_key, fingerprint or smartphone." enum:"card,usb_key,fingerprint,smartphone," default:"" placeholder:"KIND"`
	Verification string `help:"Only keys that are pin or pinless." enum:"pin,pinless," default:"" placeholder:"KIND"`
	TemporaryPIN bool   `help:"Only keys whose PIN their holder has not chosen yet." name:"temporary-pin"`
	UnusedDays   int    `help:"Only active keys that were not used for so many days." placeholder:"N"`
	PendingDays  int    `help:"Only keys that have been pending for so many days." placeholder:"N"`
	Newest       bool   `help:"The last made first."`
	pageFlags
}

type keyArgument struct {
	KeyID string `arg:"" name:"key-id" help:"Key ID, as keys list tells it."`
}

type keysRenameCommand struct {
	keyArgument
	Name string `arg:"" help:"New name."`
}

type (
	keysDisableCommand struct{ keyArgument }
	keysEnableCommand  struct{ keyArgument }
	keysRevokeCommand  struct{ keyArgument }
)

type adminsListCommand struct{}

type adminArgument struct {
	UserID string `arg:"" name:"user-id" help:"User ID of the admin."`
}

type passwordFlag struct {
	PasswordStdin bool `help:"Take the password from standard input, one line." name:"password-stdin"`
}

type adminsAddCommand struct {
	adminArgument
	passwordFlag
	Role    string `help:"owner, administrator, operator (enrolls only) or auditor (reads only)." enum:"owner,administrator,operator,auditor" required:"" placeholder:"ROLE"`
	TapOnly bool   `help:"Without a password: they log in by a tap of their own card with its PIN."`
}

type adminsRoleCommand struct {
	adminArgument
	Role string `arg:"" help:"owner, administrator, operator (enrolls only) or auditor (reads only)." enum:"owner,administrator,operator,auditor"`
}

type adminsPasswordCommand struct {
	adminArgument
	passwordFlag
}

type (
	adminsUnlockCommand struct{ adminArgument }
	adminsRemoveCommand struct{ adminArgument }
)

type adminsCheckCommand struct {
	adminArgument
	passwordFlag
}

type tourCommand struct {
	Dir string `arg:"" help:"Where the pictures go." type:"path"`
}

type versionCommand struct{}
