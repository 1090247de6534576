package crash

import (
	"path/filepath"
	"strings"
)

// jobRuns is how the names of steps end that run a job to its release.
const jobRuns = ", allowed"

func fixed(args ...string) func(*world) ([]string, error) {
	return func(*world) ([]string, error) { return args, nil }
}

// about names the one release between other words.
func about(before, after []string) func(*world) ([]string, error) {
	return func(w *world) ([]string, error) {
		id, err := w.release()
		return append(append(append([]string{}, before...), id), after...), err
	}
}

// beginning makes a domain with its users.
func beginning() []step {
	list := []step{{name: "init", args: func(w *world) ([]string, error) { return []string{"init", w.dom(), "--parts", "2"}, nil }}}
	for i, who := range []string{"zhao authority", "liu operator", "wang developer", "sun auditor", "census provider"} {
		name, role, _ := strings.Cut(who, " ")
		list = append(list, step{name: "user add", args: fixed("user", "add", name, "--role", role, "--org", "Census Office"), done: 2, plain: i > 0})
	}
	return list
}

// everyCommand has every command that changes a domain, with a job of mode map.
func everyCommand(input string) *story {
	data := func(name string) string { return filepath.Join(input, name) }
	return &story{
		steps: append(beginning(),
			step{name: "dataset add", args: fixed("dataset", "add", data("dataset.yaml"), "--as", "census"), done: 2},
			step{name: "first dataset load", args: fixed("dataset", "load", "pums", data("one.csv"), "--as", "census"), anew: true},
			step{name: "second dataset load", args: fixed("dataset", "load", "pums", data("two.csv"), "--as", "census"), anew: true},
			step{name: "scenario add", args: fixed("scenario", "add", data("scenario.yaml"), "--as", "liu"), done: 2},
			step{name: "scenario grant", args: fixed("scenario", "grant", data("grant.yaml"), "--as", "zhao")},
			step{name: "job run, refused", args: fixed("job", "run", data("refused.yaml"), "--as", "wang"), status: 3, done: 3},
			step{name: "job run" + jobRuns, args: fixed("job", "run", data("job.yaml"), "--as", "wang")},
			step{name: "job run, again", args: fixed("job", "run", data("job.yaml"), "--as", "wang")},
			step{name: "first release approve", args: about([]string{"release", "approve"}, []string{"--as", "zhao"}), done: 3},
			step{name: "last release approve", args: about([]string{"release", "approve"}, []string{"--as", "census"}), done: 2},
			step{name: "release export", args: func(w *world) ([]string, error) {
				return about([]string{"release", "export"}, []string{"--as", "liu", "--to", w.out()})(w)
			}},
		),
		end: (*world).checkExport,
		log: map[string]int{"domain.init domain/dom": 1, "job.charge job/j-ID": 1, "release.make release/r-ID": 1, "job.done job/j-ID": 1, "job.refuse job/j-ID": 1,
			"job.repeat job/j-ID": 1, "dataset.load snapshot/pums@2": 1, "release.exported release/r-ID": 1},
		marks: []string{"part-done", "aggregated", "export-file"},
		pairs: 60, jobMoments: 20, someMoments: 3,
	}
}

// otherModes has a job of each other mode, and a fit: what they do differs
// between the charge and the answer. All three cost the same.
func otherModes(input string) *story {
	data := func(name string) string { return filepath.Join(input, name) }
	list := append(beginning(),
		step{args: fixed("dataset", "add", data("dataset3.yaml"), "--as", "census")},
		step{args: fixed("dataset", "load", "pums", data("two.csv"), "--as", "census")},
		step{args: fixed("scenario", "add", data("scenario.yaml"), "--as", "liu")},
		step{args: fixed("scenario", "grant", data("grant2.yaml"), "--as", "zhao")},
	)
	for i := range list {
		list[i].plain = true // the other story kills them
	}
	return &story{
		steps: append(list,
			step{name: "job run, train" + jobRuns, args: fixed("job", "run", data("train.yaml"), "--as", "wang")},
			step{name: "job run, blocks" + jobRuns, from: "running", args: fixed("job", "run", data("blocks.yaml"), "--as", "wang")},
			step{name: "dataset sample --fit", args: fixed("dataset", "sample", "pums", "--fit", "--rho", "0.125", "--units", "3", "--as", "census")},
		),
		end: (*world).checkLogAndDisk,
		log: map[string]int{"job.charge job/j-ID": 2, "release.make release/r-ID": 2, "job.done job/j-ID": 2,
			"fit.charge fit/pums@1.fit": 1, "fit.done fit/pums@1.fit": 1},
		marks: []string{"round-done", "part-done", "aggregated", "released"},
		pairs: 22, jobMoments: 4, someMoments: 2,
	}
}
