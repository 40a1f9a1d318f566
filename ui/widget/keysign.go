package widget

import (
	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
)

// StateSign is the sign of where a security key stands in its life.
func StateSign(s directory.KeyState) Sign {
	word := text.T("key.state." + string(s))
	switch s {
	case directory.Pending:
		return Sign{theme.ClockIcon, theme.Muted, word}
	case directory.Active:
		return Sign{theme.CheckCircleIcon, theme.Success, word}
	case directory.Disabled:
		return Sign{theme.PauseIcon, theme.Warning, word}
	}
	return Sign{theme.CrossCircleIcon, theme.Danger, word}
}

// VerificationSign is the sign of what a key asks of its holder: PINless carries the warning.
func VerificationSign(v directory.Verification) Sign {
	word := text.T("key.verification." + string(v))
	if v == directory.PIN {
		return Sign{theme.PINIcon, theme.Muted, word}
	}
	return Sign{theme.WarningIcon, theme.Warning, word}
}

// TemporaryPINSign is the sign of a key whose holder has not yet chosen its PIN.
func TemporaryPINSign() Sign {
	return Sign{theme.KeyClockIcon, theme.Warning, text.T("key.pin_temporary")}
}

// KindSign is the sign of what a key is.
func KindSign(k directory.Kind) Sign {
	icon := theme.CardIcon
	switch k {
	case directory.USBKey:
		icon = theme.USBKeyIcon
	case directory.Fingerprint:
		icon = theme.FingerprintIcon
	case directory.Smartphone:
		icon = theme.SmartphoneIcon
	}
	return Sign{icon, theme.Muted, text.T("key.kind." + string(k))}
}
