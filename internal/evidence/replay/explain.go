package replay

import (
	"context"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/verify"
	"glovebox.example/glovebox/internal/evidence"
	"glovebox.example/glovebox/policy"
)

// Explain says of each decision of an entry how it came about, under the policy
// that made it and, if also is not nil, under that policy too.
func Explain(ctx context.Context, src evidence.Source, entry uint64, also *policy.Engine) ([]policy.Explanation, error) {
	all, err := Read(ctx, src)
	if err != nil {
		return nil, err
	}
	var out []policy.Explanation
	err = src.Entries(ctx, func(e *verify.Entry) error {
		if e.Index != entry {
			return nil
		}
		for _, d := range evidence.Decisions(e) {
			asked, err := src.Kept(ctx, d.InputDigest)
			if err != nil {
				return err
			}
			then, err := all.Engine(ctx, d.Revision)
			if err != nil {
				return err
			}
			for _, engine := range []*policy.Engine{then, also} {
				if engine == nil {
					continue
				}
				x, err := engine.Explain(ctx, asked)
				if err != nil {
					return err
				}
				out = append(out, *x)
			}
		}
		return nil
	})
	if err == nil && len(out) == 0 {
		err = glovebox.Errorf(glovebox.CodeNotFound, "entry %d of the log records no decision", entry).WithFix("`glovebox audit list --decision any` shows those that do")
	}
	return out, err
}

// Admission is the entry that admitted a job last, or if none did, refused it.
func Admission(ctx context.Context, src evidence.Source, job string) (uint64, error) {
	var admitted, refused *uint64
	err := src.Entries(ctx, func(e *verify.Entry) error {
		switch {
		case e.Subject != "job/"+job:
		case e.Action == "job.admit":
			admitted = &e.Index
		case e.Action == "job.refuse" && len(evidence.Decisions(e)) > 0:
			refused = &e.Index
		}
		return nil
	})
	switch {
	case err != nil:
		return 0, err
	case admitted != nil:
		return *admitted, nil
	case refused != nil:
		return *refused, nil
	}
	return 0, glovebox.Errorf(glovebox.CodeNotFound, "the log has no decision about job %s", job).WithFix("`glovebox audit list --decision any` shows those that do")
}

// maxLines bounds the table of a comparison of two texts.
const maxLines = 4000

// Lines are the lines that two texts do not share, in order, with "-" before
// those of the first and "+" before those of the second. Texts of very many
// lines are not compared: all their lines are listed.
func Lines(a, b string) (out []string) {
	x, y := split(a), split(b)
	if len(x) > maxLines || len(y) > maxLines {
		for _, l := range x {
			out = append(out, "-"+l)
		}
		for _, l := range y {
			out = append(out, "+"+l)
		}
		return out
	}
	// same[i][j] is the most lines that x from i and y from j can share.
	same := make([][]int16, len(x)+1)
	for i := range same {
		same[i] = make([]int16, len(y)+1)
	}
	for i := len(x) - 1; i >= 0; i-- {
		for j := len(y) - 1; j >= 0; j-- {
			if x[i] == y[j] {
				same[i][j] = same[i+1][j+1] + 1
			} else {
				same[i][j] = max(same[i+1][j], same[i][j+1])
			}
		}
	}
	for i, j := 0, 0; i < len(x) || j < len(y); {
		switch {
		case i < len(x) && j < len(y) && x[i] == y[j]:
			i, j = i+1, j+1
		case j == len(y) || i < len(x) && same[i+1][j] >= same[i][j+1]:
			out = append(out, "-"+x[i])
			i++
		default:
			out = append(out, "+"+y[j])
			j++
		}
	}
	return out
}

func split(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(s, "\n"), "\n")
}
