package letter

import (
	"fmt"
	"strconv"
	"time"

	"tapstation/assets/text"
)

// when is a moment in words, with the distance from UTC of the clock it is told by: whoever reads it may be elsewhere. The
// seconds are cut off, so that what holds until then does.
func when(words text.Words, t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	if zone == nil {
		zone = time.Local
	}
	t = t.In(zone)
	return words.T("mail.when", "Weekday", words.T("mail.weekday."+strconv.Itoa(int(t.Weekday()))), "Day", t.Day(),
		"Month", words.T("mail.month."+strconv.Itoa(int(t.Month()))), "Year", t.Year(), "Time", t.Format("15:04"), "Zone", distance(t))
}

// distance is how far a clock is from UTC: "UTC", "UTC+1", "UTC−3:30".
func distance(t time.Time) string {
	_, seconds := t.Zone()
	minutes, sign := seconds/60, "+"
	if minutes < 0 {
		minutes, sign = -minutes, "−"
	}
	switch {
	case minutes == 0:
		return "UTC"
	case minutes%60 == 0:
		return fmt.Sprintf("UTC%s%d", sign, minutes/60)
	}
	return fmt.Sprintf("UTC%s%d:%02d", sign, minutes/60, minutes%60)
}
