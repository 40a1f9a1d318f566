package portal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"time"

	"tapstation/app/directory"
	"tapstation/assets"
)

// asset serves a file that is part of the program.
func asset(name, contentType string) http.HandlerFunc {
	content, err := assets.Web.ReadFile("web/" + name)
	if err != nil {
		panic(err) // it is part of the program
	}
	return func(w http.ResponseWriter, r *http.Request) { serve(w, r, content, contentType) }
}

// serve answers with what holds no secret, and may be kept as long as it is asked again whether it still holds.
func serve(w http.ResponseWriter, r *http.Request, content []byte, contentType string) {
	sum := sha256.Sum256(content)
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", `"`+hex.EncodeToString(sum[:8])+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

// logoAddress is where the workspace's logo is.
func logoAddress(w directory.Workspace) string {
	if len(w.Logo) == 0 {
		return "/favicon.ico"
	}
	return "/logo"
}

// logo is the workspace's, PNG, JPEG or SVG. Shown as a picture an SVG does nothing; opened as a page it may do nothing.
func (p *Portal) logo(w http.ResponseWriter, r *http.Request) {
	ws, err := p.Directory.Workspace(r.Context())
	switch {
	case err != nil:
		p.refuse(w, r, err)
		return
	case len(ws.Logo) == 0:
		p.unknown(w, r)
		return
	}
	kind := http.DetectContentType(ws.Logo)
	if kind != "image/png" && kind != "image/jpeg" {
		kind = "image/svg+xml"
	}
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox; "+
		"frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	serve(w, r, ws.Logo, kind)
}

// icon is the program's.
func (p *Portal) icon(w http.ResponseWriter, r *http.Request) {
	serve(w, r, assets.AppIcon, "image/png")
}
