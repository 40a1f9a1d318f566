package doctor

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tapstation/device"
)

// fakeSys puts a kernel's devices in place of the machine's.
func fakeSys(t *testing.T, files map[string]string) {
	t.Helper()
	before := sys
	sys = t.TempDir()
	t.Cleanup(func() { sys = before })
	for name, content := range files {
		path := filepath.Join(sys, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReadersTheKernelKeepsAreFound(t *testing.T) {
	ready := device.State{Service: true, Known: true, Readers: []device.Reader{{Name: "A"}}}
	empty := device.State{Service: true, Known: true}
	ccid := map[string]string{
		"bus/usb/devices/1-2:1.0/bInterfaceClass": "0b\n",
		"bus/usb/devices/1-2/manufacturer":        "ACS\n",
		"bus/usb/devices/1-2/product":             "ACR122U\n",
		"bus/usb/devices/1-3:1.0/bInterfaceClass": "03\n",
	}
	for name, test := range map[string]struct {
		files map[string]string
		state device.State
		want  Detail
		text  string
	}{
		"nothing there":              {nil, empty, "", ""},
		"driver loaded, not in use":  {map[string]string{"bus/usb/drivers/pn533_usb/bind": ""}, empty, "", ""},
		"driver has a reader":        {map[string]string{"bus/usb/drivers/pn533_usb/1-2:1.0": ""}, ready, KernelDriver, "modprobe -r pn533_usb"},
		"reader without its driver":  {ccid, empty, DriverMissing, "ACS ACR122U"},
		"reader the service sees":    {ccid, ready, "", ""},
		"reader and no service":      {ccid, device.State{Known: true}, "", ""},
		"reader that tells no names": {map[string]string{"bus/usb/devices/1-2:1.0/bInterfaceClass": "0b"}, empty, DriverMissing, "1-2"},
	} {
		t.Run(name, func(t *testing.T) {
			fakeSys(t, test.files)
			all := drivers(test.state)
			if test.want == "" {
				if len(all) != 0 {
					t.Errorf("found %+v, want nothing", all)
				}
				return
			}
			if len(all) != 1 || all[0].Detail != test.want || all[0].Verdict != Failed {
				t.Fatalf("found %+v, want %s", all, test.want)
			}
			if text := all[0].Text() + all[0].RemedyText(); !strings.Contains(text, test.text) {
				t.Errorf("told as %q, want %q in it", text, test.text)
			}
		})
	}
}

func TestUsersOfTheServiceAreNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pcscd.comm")
	t.Setenv("PCSCLITE_CSOCK_NAME", path)
	service, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer service.Close()
	client, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	accepted, err := service.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer accepted.Close()

	sockets, err := unixSockets()
	if err != nil {
		t.Fatal(err)
	}
	clients := map[uint32]bool{}
	for _, s := range sockets {
		if s.peer != 0 && isService(s.name) {
			clients[s.peer] = true
		}
	}
	if len(clients) != 1 {
		t.Fatalf("found clients %v, want the one there is", clients)
	}
	// That others are named is seen with the program itself (testdata/script/held.txtar).
	if programs := serviceUsers(); len(programs) != 0 {
		t.Errorf("named %v, want this program itself left out", programs)
	}
}

func FuzzParseSocket(f *testing.F) {
	f.Add(make([]byte, unixDiagHead))
	f.Add(append(make([]byte, unixDiagHead), 8, 0, 2, 0, 1, 2, 3, 4, 7, 0, 0, 0, 'a', 'b', 'c', 0))
	f.Add(append(make([]byte, unixDiagHead), 3, 0, 0, 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		if s := parseSocket(b); len(s.name) > len(b) {
			t.Errorf("a name of %d bytes out of %d", len(s.name), len(b))
		}
	})
}
