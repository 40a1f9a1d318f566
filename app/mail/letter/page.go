package letter

import (
	"fmt"
	"html"
	"strings"
)

// Styles stand at each element, because many mail programs drop what stands elsewhere. Those that keep the sheet in the
// head, and know dark surroundings, get other colours from it; the rest change colours by themselves, which these stand.
const (
	bodyStyle   = "margin:0;padding:0;background-color:#eef1f5;color:#1c2530;font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:16px;line-height:1.5"
	sheetStyle  = "max-width:560px;margin:0 auto;padding:24px 16px"
	cardStyle   = "background-color:#ffffff;border-radius:12px;padding:28px 28px 20px"
	headStyle   = "margin:0 0 20px;font-size:15px;font-weight:600;color:#4a5666"
	logoStyle   = "display:block;margin:0 0 12px;border:0;background-color:#ffffff"
	proseStyle  = "margin:0 0 16px"
	quietStyle  = "margin:0 0 20px;font-size:13px;color:#4a5666"
	linkStyle   = "color:#0b57a4;word-break:break-all"
	buttonRow   = "margin:20px 0 12px"
	buttonStyle = "display:inline-block;padding:12px 24px;border-radius:8px;background-color:#0b57a4;color:#ffffff;font-weight:600;text-decoration:none"
	codeStyle   = "display:inline-block;padding:10px 18px;border-radius:8px;background-color:#eef1f5;color:#1c2530;font-family:ui-monospace,Menlo,Consolas,monospace;font-size:24px;font-weight:600;letter-spacing:2px"
	listStyle   = "margin:0 0 16px;padding:0 0 0 24px"
	itemStyle   = "margin:0 0 6px"

	darkSheet = `:root{color-scheme:light dark}` +
		`@media (prefers-color-scheme:dark){` +
		`.body{background-color:#14181e !important;color:#e8ecf1 !important}` +
		`.sheet{background-color:#1f252d !important}` +
		`.head,.quiet{color:#aeb8c4 !important}` +
		`.logo{padding:8px !important;border-radius:8px}` +
		`.link{color:#8fc1f5 !important}` +
		`.button{background-color:#8fc1f5 !important;color:#0d1a28 !important}` +
		`.code{background-color:#14181e !important;color:#e8ecf1 !important}` +
		`}` +
		`@media (max-width:480px){.sheet{padding:20px 18px 12px !important}}`
)

// html is the whole page.
func (p page) html(paragraphs []paragraph) string {
	var s strings.Builder
	subject := html.EscapeString(p.subject)
	s.WriteString("<!DOCTYPE html>\n" + `<html lang="` + p.words.Language() + `">` + "\n<head>\n" +
		`<meta charset="utf-8">` + "\n" +
		`<meta name="viewport" content="width=device-width,initial-scale=1">` + "\n" +
		`<meta name="color-scheme" content="light dark">` + "\n" +
		"<title>" + subject + "</title>\n<style>" + darkSheet + "</style>\n</head>\n" +
		`<body class="body" style="` + bodyStyle + `">` + "\n" +
		`<div style="` + sheetStyle + `"><div class="sheet" style="` + cardStyle + `">` + "\n")
	if p.logo != nil {
		s.WriteString(fmt.Sprintf(`<img src="%s" alt="" width="%d" height="%d" class="logo" style="%s">`, p.source, p.logo.width, p.logo.height, logoStyle) + "\n")
	}
	s.WriteString(`<p class="head" style="` + headStyle + `"><bdi>` + html.EscapeString(p.values["workspace"]) + "</bdi></p>\n")
	for _, b := range paragraphs {
		s.WriteString(p.block(b))
	}
	s.WriteString("</div></div>\n</body>\n</html>\n")
	return s.String()
}
