package doctor

import "strings"

// Detail is what was found, a stable word.
type Detail string

// Details.
const (
	ServiceRuns         Detail = "service_runs"
	ServiceDown         Detail = "service_down"
	ServiceDenied       Detail = "service_denied"
	KernelDriver        Detail = "kernel_driver"
	DriverMissing       Detail = "driver_missing"
	ReaderReady         Detail = "reader_ready"
	NoReader            Detail = "no_reader"
	OtherReaders        Detail = "other_readers"
	ReaderHeld          Detail = "reader_held"
	ReaderHeldBy        Detail = "reader_held_by"
	NoCard              Detail = "no_card"
	CardReady           Detail = "card_ready"
	CardMute            Detail = "card_mute"
	CardGone            Detail = "card_gone"
	CardStrange         Detail = "card_strange"
	CardFull            Detail = "card_full"
	NotFIDO             Detail = "not_fido"
	NotDiscoverable     Detail = "not_discoverable"
	PINSet              Detail = "pin_set"
	PINUnset            Detail = "pin_unset"
	PINImpossible       Detail = "pin_impossible"
	PINUnknown          Detail = "pin_unknown"
	PINBlocked          Detail = "pin_blocked"
	PINPowerCycle       Detail = "pin_power_cycle"
	PINLastAttempts     Detail = "pin_last_attempts"
	FolderReady         Detail = "folder_ready"
	FolderNew           Detail = "folder_new"
	FolderUnreadable    Detail = "folder_unreadable"
	FolderReadOnly      Detail = "folder_read_only"
	FolderOpen          Detail = "folder_open"
	DirectoryReady      Detail = "directory_ready"
	DirectoryNew        Detail = "directory_new"
	DirectoryMissing    Detail = "directory_missing"
	DirectoryBusy       Detail = "directory_busy"
	DirectoryNewer      Detail = "directory_newer"
	DirectoryDamaged    Detail = "directory_damaged"
	DirectoryUnreadable Detail = "directory_unreadable"
	CacheReady          Detail = "cache_ready"
	CacheBusy           Detail = "cache_busy"
	CacheNewer          Detail = "cache_newer"
	CacheUnreadable     Detail = "cache_unreadable"
	SealReady           Detail = "seal_ready"
	SealNew             Detail = "seal_new"
	SealBroken          Detail = "seal_broken"
	SecretLost          Detail = "secret_lost"
	TicketKeyLost       Detail = "ticket_key_lost"
	ClockSane           Detail = "clock_sane"
	ClockLost           Detail = "clock_lost"
	ClockBehind         Detail = "clock_behind"
)

// Remedy is what is to be done, a stable word.
type Remedy string

// Remedies. Those for one operating system bear its name.
const (
	StartServiceLinux   Remedy = "start_service_linux"
	StartServiceWindows Remedy = "start_service_windows"
	StartServiceMac     Remedy = "start_service_mac"
	AllowServiceLinux   Remedy = "allow_service_linux"
	AllowServiceOther   Remedy = "allow_service_other"
	UnloadDriverLinux   Remedy = "unload_driver_linux"
	InstallDriverLinux  Remedy = "install_driver_linux"
	PlugReader          Remedy = "plug_reader"
	NameReader          Remedy = "name_reader"
	CloseOther          Remedy = "close_other"
	TapCard             Remedy = "tap_card"
	TapAgain            Remedy = "tap_again"
	UseFIDOCard         Remedy = "use_fido_card"
	UseOtherCard        Remedy = "use_other_card"
	ResetCard           Remedy = "reset_card"
	CarefulPIN          Remedy = "careful_pin"
	OwnFolder           Remedy = "own_folder"
	CloseFolderUnix     Remedy = "close_folder_unix"
	CloseFolderWindows  Remedy = "close_folder_windows"
	RestoreDirectory    Remedy = "restore_directory"
	RemakeCache         Remedy = "remake_cache"
	Update              Remedy = "update"
	UnlockKeyring       Remedy = "unlock_keyring"
	EnterSecret         Remedy = "enter_secret"
	RenewCodes          Remedy = "renew_codes"
	SetClock            Remedy = "set_clock"
)

// Details and Remedies in English; {name} is put in from Args.
var (
	details = map[Detail]string{
		ServiceRuns:         "The PC/SC service runs.",
		ServiceDown:         "The PC/SC service is not running.",
		ServiceDenied:       "This account may not use the PC/SC service.",
		KernelDriver:        "The kernel driver {driver} has taken a card reader for itself, so the PC/SC service cannot see it.",
		DriverMissing:       "A card reader is plugged in ({device}), but the PC/SC service does not see it.",
		ReaderReady:         "{reader} is there.",
		NoReader:            "No card reader is there.",
		OtherReaders:        "There is no reader named {reader}; there is: {readers}.",
		ReaderHeld:          "{reader} is held by another program.",
		ReaderHeldBy:        "{reader} is held by another program. Using the PC/SC service now: {programs}.",
		NoCard:              "No card lies on a reader.",
		CardReady:           "The card on {reader} speaks FIDO2 ({versions}).",
		CardMute:            "The card on {reader} does not answer.",
		CardGone:            "The card was taken away from {reader} while it was looked at.",
		CardStrange:         "The card on {reader} gave an answer that makes no sense: {error}.",
		CardFull:            "The card on {reader} has no room for another credential.",
		NotFIDO:             "The card on {reader} is not a FIDO2 card.",
		NotDiscoverable:     "The card on {reader} speaks FIDO2, but cannot keep credentials.",
		PINSet:              "The card's PIN is set, {left} attempts left.",
		PINUnset:            "The card has no PIN yet.",
		PINImpossible:       "The card cannot have a PIN; only PINless keys can be made with it.",
		PINUnknown:          "The card has a PIN, but does not tell how many attempts are left: {error}.",
		PINBlocked:          "The card's PIN is blocked.",
		PINPowerCycle:       "Too many wrong PINs in a row: the card takes none before it is tapped again.",
		PINLastAttempts:     "Only {left} PIN attempts are left before the card is blocked.",
		FolderReady:         "The data folder {path} can be used, and by nobody else.",
		FolderNew:           "The data folder {path} is not there yet; it is made at first use.",
		FolderUnreadable:    "The data folder {path} cannot be read: {error}.",
		FolderReadOnly:      "The data folder {path} cannot be written to: {error}.",
		FolderOpen:          "Other accounts of this computer may get at {exposed}.",
		DirectoryReady:      "The directory opens.",
		DirectoryNew:        "There is no directory yet; it is made at first use.",
		DirectoryMissing:    "The directory file is not there, though this machine keeps keys of it. Only Offline Login works.",
		DirectoryBusy:       "The directory is in use by another program.",
		DirectoryNewer:      "The directory was written by a newer version of Tapstation.",
		DirectoryDamaged:    "The directory is damaged: {error}.",
		DirectoryUnreadable: "The directory cannot be read: {error}.",
		CacheReady:          "Keys kept on this machine for Offline Login: {keys}.",
		CacheBusy:           "The offline cache is in use by another program.",
		CacheNewer:          "The offline cache was written by a newer version of Tapstation.",
		CacheUnreadable:     "The offline cache cannot be read: {error}.",
		SealReady:           "The sealing key for secrets is at hand.",
		SealNew:             "The sealing key for secrets is made at first use.",
		SealBroken:          "Secrets cannot be sealed: {error}.",
		SecretLost:          "The setting {secret} was entered on another computer and cannot be read on this one: mail cannot be sent with it.",
		TicketKeyLost:       "The directory comes from another computer: no activation links and codes can be made on this one.",
		ClockSane:           "The clock is sane ({now}).",
		ClockLost:           "The clock of this computer is wrong ({now}).",
		ClockBehind:         "The clock says {now}, but something was done at {last} already.",
	}
	remedies = map[Remedy]string{
		StartServiceLinux:   "Start it: sudo systemctl enable --now pcscd.socket (package pcscd; not in a container without systemd: run pcscd as root).",
		StartServiceWindows: "Start the service \"Smart Card\" (SCardSvr): run services.msc, or as an administrator: sc start SCardSvr.",
		StartServiceMac:     "It is part of macOS and starts when a reader is plugged in: plug the reader in again, or restart the Mac.",
		AllowServiceLinux:   "Log in at this computer itself, or have the administrator allow org.debian.pcsc-lite.access_pcsc and access_card in polkit.",
		AllowServiceOther:   "Ask the administrator of this computer to allow smart cards for this account.",
		UnloadDriverLinux:   "Unload it: sudo modprobe -r {driver}. To keep it away: echo 'blacklist {module}' | sudo tee /etc/modprobe.d/blacklist-{module}.conf",
		InstallDriverLinux:  "Install the reader's driver (for most readers: sudo apt install libccid), then plug the reader in again.",
		PlugReader:          "Plug a card reader in. If one is plugged in, install its driver.",
		NameReader:          "Name one of those that are there, or none.",
		CloseOther:          "Close the other program that uses it; it is tried again by itself.",
		TapCard:             "Lay a card on the reader to have it looked at too.",
		TapAgain:            "Take the card away, then lay it flat on the reader and hold it still.",
		UseFIDOCard:         "It cannot become a FIDO2 key. Use a FIDO2 card.",
		UseOtherCard:        "Use another card, or remove what is no longer needed from this one.",
		ResetCard:           "Only a reset helps, which destroys everything on the card.",
		CarefulPIN:          "Make sure of the PIN before it is typed.",
		OwnFolder:           "Give the account that runs Tapstation the right to read and write there, or choose another folder with --data.",
		CloseFolderUnix:     "Take the right away: chmod -R go-rwx '{path}'",
		CloseFolderWindows:  "Let only your account get at {path} (Properties, Security).",
		RestoreDirectory:    "Put the directory file (station.db) back, or restore a backup.",
		RemakeCache:         "Move offline.db away; it is made again from the directory at the next start.",
		Update:              "Update Tapstation on this computer.",
		EnterSecret:         "Enter it again: tapstation settings set {secret} --stdin, or in the window under Settings.",
		RenewCodes:          "Make a new key for them: tapstation keys renew-codes. Then send again what is pending.",
		UnlockKeyring:       "Unlock the system's keyring, or log in at the desktop once.",
		SetClock:            "Set the clock of this computer.",
	}
)

// Text is the finding in English, one sentence.
func (f Finding) Text() string { return f.put(details[f.Detail]) }

// RemedyText is what to do, in English; empty where nothing is.
func (f Finding) RemedyText() string { return f.put(f.Remedy.Text()) }

// Text is the remedy in English, with {name} where Finding.Args are put in.
func (r Remedy) Text() string { return remedies[r] }

func (f Finding) put(sentence string) string {
	var pairs []string
	for name, value := range f.Args {
		pairs = append(pairs, "{"+name+"}", value)
	}
	return strings.NewReplacer(pairs...).Replace(sentence)
}
