package theme

import (
	"fmt"
	"image/color"
	"strings"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"

	"tapstation/assets"
)

// Icon is one of the program's own icons. It takes the colour Text unless In says another, and follows the theme.
// Fyne's own themed resources recolour fills only; these icons are strokes.
type Icon struct {
	name  string
	color fyne.ThemeColorName
	svg   []byte
}

var _ fyne.ThemedResource = (*Icon)(nil)

// The icons, named for what they show.
var (
	DashboardIcon   = icon("dashboard")
	UserIcon        = icon("user")
	UsersIcon       = icon("users")
	GroupIcon       = icon("group")
	KeyIcon         = icon("key")
	ActivitiesIcon  = icon("activities")
	SettingsIcon    = icon("settings")
	SearchIcon      = icon("search")
	AddIcon         = icon("add")
	BackIcon        = icon("back")
	DetailsIcon     = icon("details")
	CopyIcon        = icon("copy")
	EditIcon        = icon("edit")
	AgainIcon       = icon("again")
	LinkIcon        = icon("link")
	LaterIcon       = icon("later")
	InfoIcon        = icon("info")
	WarningIcon     = icon("warning") // PINless; problems
	ClockIcon       = icon("clock")   // pending
	CheckIcon       = icon("check")
	CheckCircleIcon = icon("check_circle") // active
	PauseIcon       = icon("pause")        // disabled
	CrossIcon       = icon("cross")
	CrossCircleIcon = icon("cross_circle") // revoked
	KeyClockIcon    = icon("key_clock")    // PIN temporary
	PINIcon         = icon("pin")
	CodeIcon        = icon("code") // what somebody brings from their mail
	OfflineIcon     = icon("offline")
	ReaderIcon      = icon("reader")
	CardIcon        = icon("card")
	USBKeyIcon      = icon("usb_key")
	FingerprintIcon = icon("fingerprint")
	SmartphoneIcon  = icon("smartphone")
	SortUpIcon      = icon("sort_up")   // the least first
	SortDownIcon    = icon("sort_down") // the greatest first
	MoreIcon        = icon("more")      // further acts
	MinusIcon       = icon("minus")     // some, but not all
	DownIcon        = icon("down")
	FolderIcon      = icon("folder")
	FileIcon        = icon("file")
	ImportIcon      = icon("import")
	ExportIcon      = icon("export")
	MailIcon        = icon("mail")
	SendIcon        = icon("send")
	GlobeIcon       = icon("globe")
	QuestionIcon    = icon("question") // it is not known
)

// AppIcon is the icon of the program.
var AppIcon fyne.Resource = fyne.NewStaticResource("tapstation.png", assets.AppIcon)

func icon(name string) *Icon {
	svg, err := assets.Icons.ReadFile("icons/" + name + ".svg")
	if err != nil {
		panic(err) // the file is part of the program
	}
	return &Icon{name: name, svg: svg}
}

// In is the same icon in another colour of the theme.
func (i *Icon) In(c fyne.ThemeColorName) *Icon { return &Icon{i.name, c, i.svg} }

// Name tells apart what Fyne may keep of this icon: it has the colour in it, which changes with the theme.
func (i *Icon) Name() string {
	return fmt.Sprintf("%s-%s.svg", i.name, strings.TrimPrefix(hex(fynetheme.Color(i.ThemeColorName())), "#"))
}

// Content is the icon as SVG, in its colour.
func (i *Icon) Content() []byte {
	return []byte(strings.ReplaceAll(string(i.svg), "currentColor", hex(fynetheme.Color(i.ThemeColorName()))))
}

// ThemeColorName is the colour the icon takes.
func (i *Icon) ThemeColorName() fyne.ThemeColorName {
	if i.color == "" {
		return Text
	}
	return i.color
}

func hex(c color.Color) string {
	n, _ := color.NRGBAModel.Convert(c).(color.NRGBA) // it makes nothing else
	return fmt.Sprintf("#%02x%02x%02x", n.R, n.G, n.B)
}
