package widget

import (
	"tapstation/app/directory"
	"tapstation/assets/text"
	"tapstation/ui/theme"
)

// MessageSign is the sign of where a mail stands.
func MessageSign(s directory.MessageState) Sign {
	word := text.T("outbox.state." + string(s))
	switch s {
	case directory.Queued:
		return Sign{theme.ClockIcon, theme.Muted, word}
	case directory.Sent:
		return Sign{theme.CheckCircleIcon, theme.Success, word}
	case directory.Unconfirmed:
		return Sign{theme.QuestionIcon, theme.Warning, word}
	case directory.Dropped:
		return Sign{theme.MinusIcon, theme.Muted, word}
	}
	return Sign{theme.CrossCircleIcon, theme.Danger, word}
}
