package hook

import (
	"context"
	"encoding/json"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"glovebox.example/glovebox"
)

// priority of messages: facility 13 (log audit), severity 4 (warning).
const priority = 13*8 + 4

// Syslog writes messages as RFC 5424 has them, the message as JSON: to a socket of
// this machine, or by UDP or TCP (RFC 6587, octets counted).
type Syslog struct{ network, address string }

// NewSyslog writes to "/dev/log" or another socket by its path, "udp://HOST:PORT"
// or "tcp://HOST:PORT". It fails with CodeInvalid for anything else.
func NewSyslog(to string) (*Syslog, error) {
	if filepath.IsAbs(to) {
		return &Syslog{"unixgram", to}, nil
	}
	u, err := url.Parse(to)
	if err == nil && (u.Scheme == "udp" || u.Scheme == "tcp") && u.Hostname() != "" && u.Port() != "" && strings.TrimSuffix(to, "/") == u.Scheme+"://"+u.Host {
		return &Syslog{u.Scheme, u.Host}, nil
	}
	return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, Field: "--syslog", Msg: "not a place for syslog"}).WithFix("write /dev/log, udp://HOST:PORT or tcp://HOST:PORT")
}

// Name implements Target.
func (s *Syslog) Name() string { return "syslog" }

// Send implements Target.
func (s *Syslog) Send(ctx context.Context, m *Message, at time.Time) error {
	body, err := json.Marshal(m)
	if err != nil {
		return glovebox.Errorf(glovebox.CodeInternal, "a document cannot be encoded").Because(err)
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	var d net.Dialer
	c, err := d.DialContext(ctx, s.network, s.address)
	if err != nil {
		return unwritten()
	}
	defer c.Close()
	if until, ok := ctx.Deadline(); ok {
		err = c.SetDeadline(until)
	}
	line := s.line(m, at, body)
	if s.network == "tcp" {
		line = strconv.Itoa(len(line)) + " " + line
	}
	if err == nil {
		_, err = c.Write([]byte(line))
	}
	if err != nil {
		return unwritten()
	}
	return nil
}

func (s *Syslog) line(m *Message, at time.Time, body []byte) string {
	host, err := os.Hostname()
	if err != nil || host == "" || strings.ContainsFunc(host, func(r rune) bool { return r <= ' ' || r > '~' }) {
		host = "-"
	}
	return "<" + strconv.Itoa(priority) + ">1 " + at.UTC().Format(time.RFC3339) + " " + host + " glovebox - " + m.Alert.Rule + " - " + string(body)
}

func unwritten() error {
	return glovebox.Errorf(glovebox.CodeInternal, "syslog cannot be reached").WithFix("check the socket or the address; the message is sent again")
}
