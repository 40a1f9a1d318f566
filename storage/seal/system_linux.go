package seal

import (
	"os"
	"path/filepath"
	"strconv"
)

// keyringHere tells whether there is a session bus to ask. Without one the D-Bus library would start a bus of its own
// (dbus-launch), with nobody on it and nobody to end it.
func keyringHere() bool {
	if bus := os.Getenv("DBUS_SESSION_BUS_ADDRESS"); bus != "" && bus != "autolaunch:" {
		return true
	}
	_, err := os.Stat(filepath.Join("/run/user", strconv.Itoa(os.Getuid()), "bus"))
	return err == nil
}
