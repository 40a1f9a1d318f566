package fido

import (
	"context"
	"fmt"
	"strings"

	"github.com/keys-pub/go-libfido2"

	"tapstation/device"
)

// USBKey is a security key that libfido2 reaches by itself.
type USBKey struct {
	Path         string // libfido2's own: "/dev/hidraw3", …
	Manufacturer string
	Product      string
	VendorID     uint16
	ProductID    uint16
}

// USB lists the security keys on USB, and on Windows the system's own dialog ("windows://hello") where libfido2 has
// it. A card on a reader is not among them, even where libfido2 would see it by NFC or PC/SC of its own.
func USB() ([]USBKey, error) {
	locations, err := libfido2.DeviceLocations()
	if err != nil {
		return nil, fmt.Errorf("list the security keys on USB: %w", err)
	}
	var keys []USBKey
	for _, l := range locations {
		if onReader(l.Path) {
			continue
		}
		keys = append(keys, USBKey{
			Path: l.Path, Manufacturer: l.Manufacturer, Product: l.Product,
			VendorID: uint16(l.VendorID), ProductID: uint16(l.ProductID),
		})
	}
	return keys, nil
}

// onReader tells a path of libfido2's PC/SC or Linux NFC transport.
func onReader(path string) bool {
	return strings.HasPrefix(path, "pcsc:") || strings.HasPrefix(path, "nfc:") || strings.Contains(path, "/nfc/")
}

// Key is the security key, to use while it is plugged in. Each call opens it anew. Its Info has what go-libfido2
// tells, which is not the room left, the minimum PIN length nor whether the PIN must be changed.
func (u USBKey) Key() device.Key {
	name := strings.TrimSpace(u.Manufacturer + " " + u.Product)
	if name == "" {
		name = u.Path
	}
	return &key{name: name, link: &ownLink{locate: func() (string, error) { return u.Path, nil }}}
}

// ownLink is the way to a key that libfido2 reaches by itself.
type ownLink struct {
	locate func() (path string, err error)

	path  string // once located
	known bool
	last  device.Info
}

func (l *ownLink) operation() *operation { return &operation{path: l.path} }

func (l *ownLink) changed(change) { l.known = false }

func (l *ownLink) info(ctx context.Context, _ bool) (device.Info, error) {
	if l.known {
		return l.last, nil
	}
	path, err := l.locate()
	if err != nil {
		return device.Info{}, err
	}
	l.path = path
	op := l.operation()
	var told *libfido2.DeviceInfo
	err = op.explain(op.run(ctx, func(d *libfido2.Device) (err error) {
		told, err = d.Info()
		return err
	}))
	if err != nil {
		return device.Info{}, err
	}
	l.last, l.known = fromDeviceInfo(told), true
	return l.last, nil
}

func fromDeviceInfo(told *libfido2.DeviceInfo) device.Info {
	info := device.Info{
		Versions: told.Versions, Extensions: told.Extensions, Options: map[string]bool{},
		MaxMsgSize: defaultMaxMsgSize, MinPINLength: defaultMinPINLength, RemainingCredentials: -1,
	}
	copy(info.AAGUID[:], told.AAGUID)
	for _, o := range told.Options {
		info.Options[o.Name] = o.Value == libfido2.True
	}
	for _, p := range told.Protocols {
		info.PINProtocols = append(info.PINProtocols, int(p))
	}
	return info
}
