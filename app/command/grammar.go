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

	Desk    deskCommand    `cmd:"" default:"withargs" help:"Open the desk window (the default)."`
	Enroll  enrollCommand  `cmd:"" help:"Turn the card on the reader into a security key of a user."`
	Readers readersCommand `cmd:"" help:"List readers and cards, and what they can do."`
	Doctor  doctorCommand  `cmd:"" help:"Look at everything that must hold before a tap."`
	Whois   whoisCommand   `cmd:"" help:"Tell whose security key a card is."`
	Login   loginCommand   `cmd:"" help:"Succeed only if the card tapped now is an active key of a user."`
	Users   struct {
		List   usersListCommand   `cmd:"" help:"List users."`
		Add    usersAddCommand    `cmd:"" help:"Add a user."`
		Import usersImportCommand `cmd:"" help:"Add and change users by a CSV file: all of it, or nothing."`
		Export usersExportCommand `cmd:"" help:"Write users to a CSV file that import takes back."`
	} `cmd:"" help:"Users of the workspace."`
	Keys struct {
		List    keysListCommand    `cmd:"" help:"List security keys."`
		Rename  keysRenameCommand  `cmd:"" help:"Give a security key another name."`
		Disable keysDisableCommand `cmd:"" help:"Keep a security key from being used until it is enabled again."`
		Enable  keysEnableCommand  `cmd:"" help:"Let a disabled security key be used again."`
		Revoke  keysRevokeCommand  `cmd:"" help:"End a security key for good."`
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
	UserID       string `arg:"" name:"user-id" help:"User ID of the holder."`
	KeyName      string `help:"Name of the key; without it a sensible one is made." placeholder:"NAME"`
	Verification string `help:"pin or pinless; without it the workspace's default." enum:"pin,pinless," default:"" placeholder:"KIND"`
	OfflineLogin *bool  `help:"Let the key log in where the directory cannot be reached; without it the workspace's default." negatable:""`
	PINStdin     bool   `help:"Take the new or existing PIN from standard input, one line." name:"pin-stdin"`
	Anew         bool   `help:"Let go of an enrollment of this user that was not finished, and take any card."`
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
}

// pageFlags are those of every list.
type pageFlags struct {
	Limit int    `help:"At most so many." default:"100" placeholder:"N"`
	After string `help:"Go on where an earlier list ended (its next)." placeholder:"NEXT"`
}

type keysListCommand struct {
	User  string `help:"Only keys of this user." placeholder:"USER-ID"`
	State string `help:"Only keys in this state: pending, active, disabled or revoked." enum:"pending,active,disabled,revoked," default:"" placeholder:"STATE"`
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
