package doctor

import (
	"os"
	"path/filepath"
	"strings"

	"tapstation/device"
)

// What to do on this operating system about a service that is down, one that lets nobody in, and a data folder open
// to others.
const (
	StartService = StartServiceLinux
	AllowService = AllowServiceLinux
	closeFolder  = CloseFolderUnix
)

// sys is where the kernel tells of its devices (sysfs(5)).
var sys = "/sys"

// nfcDrivers are the kernel's own drivers for readers that the PC/SC service would otherwise serve, and the module
// each is in. The pn533 family takes ACR122 readers away.
var nfcDrivers = []struct{ driver, module string }{{"pn533_usb", "pn533_usb"}, {"pn533", "pn533"}, {"port100", "port100"}}

// drivers tells what keeps a reader that is plugged in from the PC/SC service.
func drivers(s device.State) []Finding {
	var all []Finding
	for _, d := range nfcDrivers {
		bound, _ := filepath.Glob(filepath.Join(sys, "bus/usb/drivers", d.driver, "[0-9]*:*"))
		if len(bound) > 0 {
			all = append(all, Finding{Check: Driver, Verdict: Failed, Detail: KernelDriver, Remedy: UnloadDriverLinux,
				Args: map[string]string{"driver": d.driver, "module": d.module}})
		}
	}
	if s.Service && len(s.Readers) == 0 && all == nil {
		if name := usbReader(); name != "" {
			all = append(all, Finding{Check: Driver, Verdict: Failed, Detail: DriverMissing, Remedy: InstallDriverLinux,
				Args: map[string]string{"device": name}})
		}
	}
	return all
}

// usbReader is a USB device of the smart card class (CCID 1.1 §4.3, bInterfaceClass 0Bh), or empty.
func usbReader() string {
	classes, _ := filepath.Glob(filepath.Join(sys, "bus/usb/devices/*:*/bInterfaceClass"))
	for _, path := range classes {
		if line(path) != "0b" {
			continue
		}
		// "1-2:1.0" is an interface of the device "1-2".
		itf := filepath.Base(filepath.Dir(path))
		dev, _, _ := strings.Cut(itf, ":")
		dir := filepath.Join(sys, "bus/usb/devices", dev)
		if name := strings.TrimSpace(line(filepath.Join(dir, "manufacturer")) + " " + line(filepath.Join(dir, "product"))); name != "" {
			return name
		}
		return dev
	}
	return ""
}

// line is the text of a one-line file; empty where it cannot be read.
func line(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}
