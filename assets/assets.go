// Package assets embeds what Tapstation carries with it: icons, drawings and translations. It only holds the
// files; ui/theme colours the drawings and assets/text reads the translations.
package assets

import "embed"

// Icons are the program's own icons: icons/NAME.svg, on a grid of 24 units, drawn in strokes of currentColor.
//
//go:embed icons/*.svg
var Icons embed.FS

// Scene are the parts of the drawing of a card over a reader: scene/NAME.svg, all on one canvas of 480 by 360
// units. Their paints are named var(--NAME); ui/theme knows the names.
//
//go:embed scene/*.svg
var Scene embed.FS

// Translations are one folder a language, with one file for each area of the program: translations/LANGUAGE/AREA.json.
//
//go:embed translations/*/*.json
var Translations embed.FS

// Web are the pages of the portal as templates (html/template), with their style and their script: web/NAME.
//
//go:embed web/*.html web/*.css web/*.js
var Web embed.FS

// AppIcon is the icon of the program, a PNG of 512 by 512 pixels. It is made from app.svg.
//
//go:embed icon.png
var AppIcon []byte
