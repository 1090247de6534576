package catalog

import (
	"glovebox.example/glovebox"
)

// mode is the section of a job that one mode needs, and no other may have.
type mode struct {
	name, field, fix string
	// check checks what the section, and the job beside it, say; nil: the section
	// was checked when it was filled in.
	check func(c *checker, j *glovebox.Job)
}

// modes are all of them.
func modes() []mode {
	return []mode{
		{glovebox.ModeMap, "output", "add `output`, with `max_keys_per_unit` and `metrics`", checkOutput},
		{glovebox.ModeTune, "output", "add `output`, with `max_keys_per_unit` and `metrics`, of the job that is tuned", checkOutput},
		{glovebox.ModeBlocks, "blocks", "add `blocks`, with `count` and `metrics`", nil},
		{glovebox.ModeTrain, "train", "add `train`, with `rounds`, `size` and `clip`", checkTrain},
	}
}

// tunable says whether a job is one that mode tune can measure.
func tunable(j *glovebox.Job) bool { return j.Mode == glovebox.ModeMap }

// checkMode checks the section that the job's mode needs, and that there is no
// other.
func checkMode(c *checker, j *glovebox.Job) {
	needs := ""
	for _, m := range modes() {
		if m.name == j.Mode {
			needs = m.field
		}
	}
	for _, m := range modes() {
		switch given := c.given(at(m.field)); {
		case j.Mode != m.name && (needs == m.field || m.name == glovebox.ModeTune): // another mode has the same section
		case j.Mode != m.name:
			c.absent(at(m.field), "is for mode "+m.name)
		case !given:
			c.Add(nil, m.fix, "mode %s needs the field %s", m.name, m.field)
		case m.check != nil:
			m.check(c, j)
		}
	}
}
