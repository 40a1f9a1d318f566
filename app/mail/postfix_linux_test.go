package mail_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// postfix is a mail server of its own: Postfix with configuration, queue and mailboxes in a folder, for submission with
// STARTTLS and AUTH on a port of this machine. It takes mail for example.com.
type postfix struct {
	t      testing.TB
	folder string
	port   int
	ca     *authority
}

// The log-in that Postfix takes.
const (
	postfixUser     = "station"
	postfixPassword = "open sesame"
)

const postfixMain = `
compatibility_level = 3.6
config_directory = %[1]s/conf
queue_directory = %[1]s/queue
data_directory = %[1]s/data
maillog_file = %[1]s/log
maillog_file_prefixes = %[1]s
syslog_name = tapstation-test
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = post.example.org
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
local_transport = error:nobody is local
default_transport = error:nothing leaves
disable_dns_lookups = yes
smtputf8_enable = yes
virtual_transport = virtual
virtual_mailbox_domains = example.com
virtual_mailbox_base = %[1]s/mail
virtual_mailbox_maps = regexp:%[1]s/conf/boxes
virtual_minimum_uid = 1
virtual_uid_maps = static:%[2]s
virtual_gid_maps = static:%[3]s
smtpd_tls_security_level = encrypt
smtpd_tls_auth_only = yes
smtpd_tls_cert_file = %[1]s/conf/cert.pem
smtpd_tls_key_file = %[1]s/conf/key.pem
smtpd_sasl_auth_enable = yes
smtpd_recipient_restrictions = permit_sasl_authenticated, reject
smtpd_sasl_type = dovecot
smtpd_sasl_path = %[1]s/auth/mux
in_flow_delay = 0
`

const postfixMaster = `
127.0.0.1:%d inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
`

// newPostfix starts Postfix, and ends it with the test. It takes root: Postfix runs its parts as several users.
func newPostfix(t testing.TB) *postfix {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("Postfix runs its parts as several users, which takes root: run this test as root")
	}
	folder, err := os.MkdirTemp("", "tapstation-postfix")
	if err != nil {
		t.Fatal(err)
	}
	p := &postfix{t: t, folder: folder, port: freePort(t), ca: newAuthority(t)}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	owner, nobody := ids(t, "postfix"), ids(t, "nobody")
	certificate := p.ca.server("localhost", time.Hour).Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	p.must(err, os.Chmod(folder, 0o755), p.file("conf/main.cf", fmt.Sprintf(postfixMain, folder, nobody[0], nobody[1])),
		p.file("conf/master.cf", fmt.Sprintf(postfixMaster, p.port)),
		p.file("conf/boxes", "/^/ inbox/\n"),
		p.file("conf/cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]}))),
		p.file("conf/key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))),
		p.folderOf("queue", [2]string{"0", "0"}), p.folderOf("data", owner), p.folderOf("mail", nobody))
	p.passwords(owner)

	// It is stopped when its standard input ends: also where the test itself is killed.
	var said bytes.Buffer
	cmd := exec.Command("sh", "-c", `postfix -c "$0" start-fg & read -r _; postfix -c "$0" stop; wait`, folder+"/conf")
	cmd.Stdout, cmd.Stderr = &said, &said
	hold, err := cmd.StdinPipe()
	p.must(err, cmd.Start())
	over := make(chan error, 1)
	go func() { over <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = hold.Close()
		<-over
		if t.Failed() {
			log, _ := os.ReadFile(folder + "/log")
			t.Logf("Postfix said:\n%s%s", said.Bytes(), log[max(0, len(log)-4000):])
		}
	})
	p.answers(over)
	return p
}

// answers waits until Postfix takes connections.
func (p *postfix) answers(over chan error) {
	p.t.Helper()
	late := time.NewTimer(30 * time.Second)
	defer late.Stop()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		if c, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", itoa(p.port))); err == nil {
			c.Close()
			return
		}
		select {
		case <-again.C:
		case err := <-over:
			over <- err
			p.t.Fatalf("Postfix ended at once: %v", err)
		case <-late.C:
			p.t.Fatal("Postfix does not answer")
		}
	}
}

// passwords is the service that Postfix asks about passwords, by the protocol of Dovecot's: lines of words between tabs.
func (p *postfix) passwords(owner [2]string) {
	p.t.Helper()
	p.must(p.folderOf("auth", owner))
	l, err := net.Listen("unix", p.folder+"/auth/mux")
	p.must(err, os.Chmod(p.folder+"/auth/mux", 0o777))
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.t.Cleanup(func() { c.Close() })
			serving.Go(func() {
				fmt.Fprint(c, "VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t00\nDONE\n")
				for lines := bufio.NewScanner(c); lines.Scan(); {
					words := strings.Split(lines.Text(), "\t")
					if words[0] != "AUTH" {
						continue
					}
					right := "resp=" + base64.StdEncoding.EncodeToString([]byte("\x00"+postfixUser+"\x00"+postfixPassword))
					verdict := "FAIL"
					if words[2] == "PLAIN" && slices.Contains(words, right) {
						verdict = "OK"
					}
					fmt.Fprintf(c, "%s\t%s\tuser=%s\n", verdict, words[1], postfixUser)
				}
			})
		}
	})
	p.t.Cleanup(serving.Wait)
	p.t.Cleanup(func() { l.Close() })
}

func (p *postfix) must(errs ...error) {
	p.t.Helper()
	if err := errors.Join(errs...); err != nil {
		p.t.Fatal(err)
	}
}

func (p *postfix) file(name, content string) error {
	path := filepath.Join(p.folder, name)
	return errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(content), 0o644))
}

func (p *postfix) folderOf(name string, owner [2]string) error {
	path := filepath.Join(p.folder, name)
	uid, err := strconv.Atoi(owner[0])
	gid, err2 := strconv.Atoi(owner[1])
	return errors.Join(err, err2, os.Mkdir(path, 0o755), os.Chown(path, uid, gid))
}

// ids are the numbers of a user and their group.
func ids(t testing.TB, name string) [2]string {
	t.Helper()
	u, err := user.Lookup(name)
	if err != nil {
		t.Fatalf("is Postfix installed? %v", err)
	}
	return [2]string{u.Uid, u.Gid}
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// arrived waits until so many mails are in the mailbox and none is on its way any more, and returns them.
func (p *postfix) arrived(want int) []arrival {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), time.Minute)
	defer cancel()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		paths, err := filepath.Glob(p.folder + "/mail/inbox/new/*")
		p.must(err)
		if len(paths) >= want && p.idle() {
			all := make([]arrival, len(paths))
			for i, path := range paths {
				raw, err := os.ReadFile(path)
				p.must(err)
				raw = bytes.ReplaceAll(raw, []byte("\n"), []byte("\r\n"))
				m, err := netmail.ReadMessage(bytes.NewReader(raw))
				if err != nil {
					p.t.Fatalf("what arrived is no message: %v", err)
				}
				all[i] = arrival{to: m.Header.Get("Delivered-To"), content: raw, header: m.Header}
			}
			return all
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			p.t.Fatalf("%d mails arrived, want %d", len(paths), want)
		}
	}
}

// idle tells whether nothing is in the queue.
func (p *postfix) idle() bool {
	empty := true
	for _, queue := range []string{"incoming", "active", "deferred", "maildrop"} {
		err := filepath.WalkDir(filepath.Join(p.folder, "queue", queue), func(_ string, d os.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				empty = false
			}
			return nil // what is gone when it is looked at has left
		})
		p.must(err)
	}
	return empty
}

// byID counts mails by their Message-ID.
func byID(all []arrival) map[string]int {
	n := map[string]int{}
	for _, a := range all {
		n[a.id()]++
	}
	return n
}
