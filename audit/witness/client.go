package witness

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/verify"
)

// Asked is a witness somewhere: where it listens, and its key.
type Asked struct {
	URL  string // https://HOST[:PORT][/PATH]; http for a machine's own address
	HTTP *http.Client
	Key  *verify.Witness
}

// Prove gives a checkpoint of a log, and the proof that it extends a tree of old
// entries: as verify.HeadOf and verify.Consistency make them.
type Prove func(ctx context.Context, old uint64) (*verify.Head, []string, error)

// Cosign has a witness sign the log's checkpoint, and returns the note with the
// log's signature and that of the witness, checked, and when the witness saw it.
//
// It fails with CodeConflict if the witness holds a checkpoint that this log does
// not extend: the log was rolled back or forked, or the witness was told another
// history. It fails with CodeDenied if the witness does not follow this log, and
// with CodeInternal if it cannot be reached.
func (a *Asked) Cosign(ctx context.Context, prove Prove) (msg []byte, at time.Time, err error) {
	old := uint64(0)
	for range 3 { // what the witness holds may change once or twice between two requests
		h, proof, err := prove(ctx, old)
		if err != nil {
			return nil, at, err
		}
		status, typ, answer, err := a.send(ctx, old, proof, h.Note)
		switch {
		case err != nil:
			return nil, at, err
		case status == http.StatusOK:
			cut := bytes.LastIndex(h.Note, []byte("\n\n"))
			signed := append(bytes.Clone(h.Note[:cut+2]), ownLines(h.Note[cut+2:], h.Signer)...)
			signed = append(signed, own(answer, a.Key)...)
			if at, err = a.Key.Saw(signed); err != nil {
				return nil, at, glovebox.Errorf(glovebox.CodeInvalid, "the witness %s answered without a signature of its key", a.Key.Name()).WithFix("compare the key with the one that the witness publishes")
			}
			return signed, at, nil
		case status == http.StatusConflict && typ == sizeType:
			n, err := strconv.ParseUint(strings.TrimSuffix(string(answer), "\n"), 10, 63)
			if err != nil || n == old {
				return nil, at, strange(a, status)
			}
			if n > h.Size {
				return nil, at, glovebox.Errorf(glovebox.CodeConflict, "the log was rolled back: it has %d entries, the witness %s signed %d", h.Size, a.Key.Name(), n).WithFix(forkFix)
			}
			old = n
		case status == http.StatusConflict, status == http.StatusUnprocessableEntity:
			return nil, at, glovebox.Errorf(glovebox.CodeConflict, "history was rewritten: the log does not extend the %d entries that the witness %s signed", old, a.Key.Name()).WithFix(forkFix)
		case status == http.StatusNotFound, status == http.StatusForbidden:
			return nil, at, glovebox.Errorf(glovebox.CodeDenied, "the witness %s does not follow this log, or not its key of today", a.Key.Name()).
				WithFix("give the witness what `glovebox domain key --history` prints, for `glovebox witness add`")
		default:
			return nil, at, strange(a, status)
		}
	}
	return nil, at, glovebox.Errorf(glovebox.CodeInternal, "the witness %s is asked by others at the same time", a.Key.Name()).WithFix("try again later")
}

const forkFix = "keep this log and the checkpoint of the witness: together they prove it; run `glovebox audit verify`"

func strange(a *Asked, status int) error {
	return glovebox.Errorf(glovebox.CodeInternal, "the witness %s answered with status %d", a.Key.Name(), status).WithFix("ask whoever runs it")
}

// own is the line of an answer that is of the witness's key: what stands beside
// it nobody here can check.
func own(answer []byte, k *verify.Witness) []byte {
	return ownLines(answer, k.String())
}

// send sends one request.
func (a *Asked) send(ctx context.Context, old uint64, proof []string, msg []byte) (status int, typ string, answer []byte, err error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "old %d\n", old)
	for _, p := range proof {
		fmt.Fprintln(&b, p)
	}
	b.WriteString("\n")
	b.Write(msg)
	return a.do(ctx, http.MethodPost, "/add-checkpoint", &b)
}

func (a *Asked) do(ctx context.Context, method, path string, body io.Reader) (status int, typ string, answer []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	unreachable := glovebox.Errorf(glovebox.CodeInternal, "the witness %s cannot be reached", a.Key.Name()).WithFix("check its address, its certificate and the network")
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(a.URL, "/")+path, body)
	if err != nil {
		return 0, "", nil, unreachable
	}
	c := *a.HTTP
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return errors.New("a witness does not redirect") }
	resp, err := c.Do(r)
	if err != nil {
		return 0, "", nil, unreachable
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(resp.Body, maxCheckpoint))
	if err != nil {
		return 0, "", nil, unreachable
	}
	return resp.StatusCode, resp.Header.Get("Content-Type"), answer, nil
}

// Last is the largest checkpoint of a log that the witness signed, as it says
// itself: whether it is one the caller checks.
func (a *Asked) Last(ctx context.Context, origin string) ([]byte, error) {
	h := sha256.Sum256([]byte(origin))
	status, _, answer, err := a.do(ctx, http.MethodGet, "/checkpoint/"+hex.EncodeToString(h[:]), nil)
	if err != nil {
		return nil, err
	}
	if status == http.StatusNotFound {
		return nil, glovebox.Errorf(glovebox.CodeNotFound, "the witness has signed nothing of this log").WithFix("`glovebox witness ask` has it cosigned")
	}
	if status != http.StatusOK {
		return nil, strange(a, status)
	}
	return answer, nil
}
