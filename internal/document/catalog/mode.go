package catalog

import (
	"glovebox.example/glovebox"
)

// mode is the section of a job that one mode needs, and no other may have.
type mode struct {
	name, field, fix string
	// measures: a job of this mode measures one of mode map, has its section, and
	// lets none of its keys out.
	measures bool
	// check checks what the section, and the job beside it, say; nil: the section
	// was checked when it was filled in.
	check func(c *checker, j *glovebox.Job)
}

// modes are all of them.
func modes() []mode {
	return []mode{
		{name: glovebox.ModeMap, field: "output", fix: "add `output`, with `max_keys_per_unit` and `metrics`", check: checkOutput},
		{name: glovebox.ModeTune, field: "output", fix: "add `output`, with `max_keys_per_unit` and `metrics`, of the job that is tuned", measures: true, check: checkOutput},
		{name: glovebox.ModeBlocks, field: "blocks", fix: "add `blocks`, with `count` and `metrics`"},
		{name: glovebox.ModeTrain, field: "train", fix: "add `train`, with `rounds`, `size` and `clip`", check: checkTrain},
	}
}

// modeOf is the mode of a job; of one that names none there is, no mode.
func modeOf(j *glovebox.Job) (m mode) {
	for _, m := range modes() {
		if m.name == j.Mode {
			return m
		}
	}
	return m
}

// tunable says whether a job is one that mode tune can measure.
func tunable(j *glovebox.Job) bool { return j.Mode == glovebox.ModeMap }

// checkMode checks the section that the job's mode needs, and that there is no
// other.
func checkMode(c *checker, j *glovebox.Job) {
	own := modeOf(j)
	for _, m := range modes() {
		switch given := c.given(at(m.field)); {
		case m.name == own.name && !given:
			c.Add(nil, m.fix, "mode %s needs the field %s", m.name, m.field)
		case m.name == own.name && m.check != nil:
			m.check(c, j)
		case m.field != own.field && !m.measures:
			c.absent(at(m.field), "is for mode "+m.name)
		}
	}
}
