package catalog

import (
	"reflect"
	"strings"
	"testing"

	"glovebox.example/glovebox"
)

const (
	jobKey     = "    township: {type: string, width: 24, public: townships.csv}\n"
	jobMetrics = "    people: {kind: count}\n    need: {kind: mean, min: 0, max: 10}\n"
)

func TestJobKeepsKindsOfNumbers(t *testing.T) {
	doc := edit(t, docExamples(t, KindJob)[0],
		"{min_age: 65}", "{min_age: 65, big: 9007199254740993, rate: 2.0, e: 1e3, on: yes, flag: true, huge: 18446744073709551616}",
		jobKey, "    area: {type: int64, public: [1, 9007199254740993]}\n    town: {type: string, public: [\"01\", 02, b]}\n",
		jobMetrics, jobMetrics+"  default: [{key: {area: 9007199254740993, town: b}, metrics: {need: 2}}]\n",
	)
	j, err := ParseJob("j", doc)
	if err != nil {
		t.Fatal(err)
	}
	if want := map[string]any{"min_age": int64(65), "big": int64(9007199254740993), "rate": 2.0, "e": 1000.0, "on": "yes", "flag": true, "huge": 18446744073709551616.0}; !reflect.DeepEqual(j.Params, want) {
		t.Errorf("params are %#v", j.Params)
	}
	if want := []any{int64(1), int64(9007199254740993)}; !reflect.DeepEqual(j.Output.Key[0].Public, want) {
		t.Errorf("public is %#v", j.Output.Key[0].Public)
	}
	if want := []any{"01", "02", "b"}; !reflect.DeepEqual(j.Output.Key[1].Public, want) || j.Output.Key[1].Width != glovebox.DefaultKeyWidth {
		t.Errorf("key is %#v", j.Output.Key[1])
	}
	want := []glovebox.DefaultRecord{{Key: map[string]any{"area": int64(9007199254740993), "town": "b"}, Metrics: map[string]float64{"need": 2}}}
	if !reflect.DeepEqual(j.Output.Default, want) {
		t.Errorf("default is %#v", j.Output.Default)
	}
}

func TestJobKeepsOrder(t *testing.T) {
	doc := edit(t, docExamples(t, KindJob)[0],
		jobKey, "    zone: {type: int64, public: [1]}\n    area: {type: string, width: 4, public: [a]}\n    mid: {type: int64, public: [2]}\n",
		jobMetrics, "    zest: {kind: sum, min: -1, max: 0}\n    all: {kind: count}\n    need: {kind: mean, min: 0, max: 10}\n")
	j, err := ParseJob("j", doc)
	if err != nil {
		t.Fatal(err)
	}
	key := []glovebox.KeyField{
		{Name: "zone", Type: glovebox.Int64, Public: []any{int64(1)}},
		{Name: "area", Type: glovebox.String, Width: 4, Public: []any{"a"}},
		{Name: "mid", Type: glovebox.Int64, Public: []any{int64(2)}},
	}
	if !reflect.DeepEqual(j.Output.Key, key) {
		t.Errorf("key is %+v", j.Output.Key)
	}
	metrics := []glovebox.Metric{{Name: "zest", Kind: glovebox.Sum, Min: -1}, {Name: "all", Kind: glovebox.Count}, {Name: "need", Kind: glovebox.Mean, Max: 10}}
	if !reflect.DeepEqual(j.Output.Metrics, metrics) {
		t.Errorf("metrics are %+v", j.Output.Metrics)
	}
}

func TestJobChecks(t *testing.T) {
	doc := docExamples(t, KindJob)[0]
	for name, c := range map[string]struct {
		edits []string
		want  []string
	}{
		"names": {[]string{"[township, birth_year]", "[township, TOWNSHIP, _unit]", "people: {kind", "Township: {kind", "need: {kind", "_need: {kind"},
			[]string{
				"j:5:36: inputs.population.columns[1]: column `TOWNSHIP` is the name of entry 1 already; case does not count (rename one of the two)",
				"j:5:46: inputs.population.columns[2]: names that start with _ are reserved (start it with a letter)",
				"j:15:5: output.metrics.Township: has the name of output.key.township; case does not count (rename one of the two)",
				"j:16:5: output.metrics._need: names that start with _ are reserved (start it with a letter)"}},
		"names of one map": {[]string{jobKey, jobKey + "    Township: {type: int64, public: [1]}\n    _t: {type: int64, public: [1]}\n", "people: {kind", "NEED: {kind"},
			[]string{
				"j:13:5: output.key.Township: has the name of output.key.township; case does not count (rename one of the two)",
				"j:14:5: output.key._t: names that start with _ are reserved (start it with a letter)",
				"j:18:5: output.metrics.need: has the name of output.metrics.NEED; case does not count (rename one of the two)"}},
		"definitions": {[]string{"width: 24, public", "name: t, width: 24, public", "people: {kind", "a b: {kind", "kind: mean,", "kind: mean, mim: 1,"},
			[]string{
				"j:12:30: output.key.township.name: unknown field `name` (fields here: `private`, `public`, `type`, `width`)",
				"j:15:5: output.metrics[\"a b\"]: name does not have the expected form (write a column name: a letter, then at most 62 letters, digits and _ (ASCII))",
				"j:16:24: output.metrics.need.mim: unknown field `mim` (did you mean `min`?)"}},
		"other words": {[]string{"kind: mean,", "kind: Average,"},
			[]string{"j:16:18: output.metrics.need.kind: is none of the values allowed (write one of `count`, `sum`, `mean`, `variance`, `vector`, `histogram`, `quantile`, `distinct`, `bounds`; did you mean `mean`?)"}},
		"lists": {[]string{jobKey, "    - {type: string, public: townships.csv}\n", jobMetrics, "    - {kind: count}\n"},
			[]string{
				"j:12:5: output.key: is a list, not a set of fields (write a set of fields of at most 8 fields)",
				"j:15:5: output.metrics: is a list, not a set of fields (write a set of fields of 1 to 64 fields)"}},
		"width with a point": {[]string{"width: 24", "width: 24.0"},
			[]string{"j:12:37: output.key.township.width: does not fit its field (write a whole number without a decimal point or exponent)"}},
		"neither public nor private": {[]string{", public: townships.csv", ""},
			[]string{"j:12:15: output.key.township: a key field needs exactly one of public and private (list the values under `public`, or write `private: true`)"}},
		"both public and private": {[]string{", public: townships.csv", ", public: townships.csv, private: true", "epsilon: 1.0", "epsilon: 1.0, delta: 1e-6"},
			[]string{"j:12:15: output.key.township: a key field needs exactly one of public and private (list the values under `public`, or write `private: true`)"}},
		"mixed": {[]string{jobKey, jobKey + "    age: {type: int64, private: true}\n"},
			[]string{
				"j:13:10: output.key.age: public and private keys do not mix (make all key fields public, or all private)",
				"j:18:10: release: private keys need delta (add `delta`, such as 1e-6)"}},
		"kinds of public values": {[]string{"type: string, width: 24, public: townships.csv", "type: int64, width: 8, public: [1, 1.5, a, 1, 1e3, true, 9223372036854775808]"},
			[]string{
				"j:12:51: output.key.township.public[1]: is a number, not a text or a whole number (write a text or a whole number)",
				"j:12:67: output.key.township.public[5]: is true or false, not a text or a whole number (write a text or a whole number)"}},
		"public numbers": {[]string{"type: string, width: 24, public: townships.csv", "type: int64, width: 8, public: [1, a, 1, 1e3, 9223372036854775808]"},
			[]string{
				"j:12:29: output.key.township.width: is for type string only (remove it)",
				"j:12:51: output.key.township.public[1]: is a text where the key is a number (correct or remove it)",
				"j:12:54: output.key.township.public[2]: is the same as entry 1 of the list (keep one of the two)",
				"j:12:57: output.key.township.public[3]: is no whole number of 64 bits (correct or remove it)",
				"j:12:62: output.key.township.public[4]: is no whole number of 64 bits (correct or remove it)"}},
		"public texts": {[]string{"width: 24, public: townships.csv", "width: 4, public: [ab, abcde, 1, \"abcd\", ab, 界界]"},
			[]string{
				"j:12:53: output.key.township.public[1]: is longer than the width of the key, which is 4 bytes (correct or remove it)",
				"j:12:60: output.key.township.public[2]: is a number where the key is a text; put it in quotes (correct or remove it)",
				"j:12:71: output.key.township.public[4]: is the same as entry 1 of the list (keep one of the two)",
				"j:12:75: output.key.township.public[5]: is longer than the width of the key, which is 4 bytes (correct or remove it)"}},
		"no key": {[]string{"  key:\n" + jobKey, "", "max_keys_per_unit: 1", "max_keys_per_unit: 2"},
			[]string{"j:11:22: output.max_keys_per_unit: without key fields there is one key (write 1)"}},
		"metrics": {[]string{jobMetrics, "    a: {kind: count, max: 3}\n    b: {kind: sum, max: 3}\n    c: {kind: mean, min: 3, max: 3}\n"},
			[]string{
				"j:15:22: output.metrics.a.max: a metric of kind count takes no max (remove it)",
				"j:16:8: output.metrics.b: sum needs min and max (declare what is known without the data)",
				"j:17:34: output.metrics.c.max: is not above min (write a number above min)"}},
		"vectors": {[]string{jobMetrics, "    a: {kind: vector, size: 3, clip: 1, min: 0}\n    b: {kind: vector, clip: 1}\n    c: {kind: mean, min: 0, max: 3, size: 3}\n    d: {kind: vector, size: 2.0, clip: 1}\n"},
			[]string{
				"j:15:41: output.metrics.a.min: a metric of kind vector takes no min (remove it)",
				"j:16:8: output.metrics.b: vector needs size and clip (declare what is known without the data)",
				"j:17:37: output.metrics.c.size: a metric of kind mean takes no size (remove it)",
				"j:18:29: output.metrics.d.size: does not fit its field (write a whole number without a decimal point or exponent)"}},
		"histograms": {[]string{jobMetrics, "    a: {kind: histogram, edges: [0, 1, 1], min: 0}\n    b: {kind: histogram, min: 0, max: 1}\n    c: {kind: histogram, min: 0, max: 1, bins: 2.0}\n    d: {kind: mean, min: 0, max: 3, edges: [1, 2]}\n"},
			[]string{
				"j:15:40: output.metrics.a.edges[2]: is not above the edge before (write edges in ascending order)",
				"j:15:44: output.metrics.a.min: a metric of kind histogram takes no min beside edges (remove it)",
				"j:16:8: output.metrics.b: histogram needs min and max and bins (declare what is known without the data)",
				"j:17:48: output.metrics.c.bins: does not fit its field (write a whole number without a decimal point or exponent)",
				"j:18:37: output.metrics.d.edges: a metric of kind mean takes no edges (remove it)"}},
		"totals": {[]string{jobMetrics, "    a: {kind: sum, min: -3, max: 1, max_total: 2.5}\n    b: {kind: mean, min: 0, max: 1, max_total: 3, weight: 2}\n"},
			[]string{
				"j:15:48: output.metrics.a.max_total: is less than one value can be (write at least the larger magnitude of min and max)",
				"j:16:37: output.metrics.b.max_total: a metric of kind mean takes no max_total (remove it)"}},
		"top": {[]string{jobMetrics, "    need: {kind: mean, min: 0, max: 10}\n    low: {kind: sum, min: -1, max: 10}\n    all: {kind: sum, min: 0, max: 10}\n  top: {k: 3, by: al}\n"},
			[]string{"j:18:19: output.top.by: `al` is no count of the output, and no sum whose min is 0 or above (did you mean `all`?)"}},
		"top of a mean": {[]string{jobMetrics, "    need: {kind: mean, min: 0, max: 10}\n  top: {k: 3.0, by: need}\n"},
			[]string{
				"j:16:12: output.top.k: does not fit its field (write a whole number without a decimal point or exponent)",
				"j:16:21: output.top.by: `need` is no count of the output, and no sum whose min is 0 or above (name a count, or a sum whose min is 0 or above)"}},
		"select of public keys": {[]string{jobMetrics, jobMetrics + "  select: people\n"},
			[]string{"j:17:3: output.select: selects nothing: no key is private (remove it)"}},
		"select": {[]string{"public: townships.csv", "private: true", jobMetrics, jobMetrics + "  select: peopel\n", "epsilon: 1.0", "epsilon: 1.0, delta: 1e-6"},
			[]string{"j:17:11: output.select: `peopel` is no count of the output, no sum whose min is 0 or above, and not own-share (did you mean `people`?)"}},
		"select by nothing": {[]string{jobMetrics, jobMetrics + "  select: ten%\n"},
			[]string{"j:17:11: output.select: does not have the expected form (write the name of a metric, or own-share)"}},
		"quantiles": {[]string{jobMetrics, "    a: {kind: quantile, at: [0.5, 0.5], min: 0, max: 1}\n    b: {kind: quantile, min: 0, max: 1}\n    c: {kind: distinct, min: 0}\n    d: {kind: bounds, bins: 3}\n"},
			[]string{
				"j:15:35: output.metrics.a.at[1]: is not above the fraction before (write fractions in ascending order)",
				"j:16:8: output.metrics.b: quantile needs at and min and max (declare what is known without the data)",
				"j:17:25: output.metrics.c.min: a metric of kind distinct takes no min (remove it)",
				"j:18:23: output.metrics.d.bins: a metric of kind bounds takes no bins (remove it)"}},
		"records for nothing": {[]string{"max_keys_per_unit: 1", "max_keys_per_unit: 1\n  max_records_per_key: 2\n  max_records_per_unit: 2"},
			[]string{
				"j:14:3: output.max_records_per_key: bounds nothing: no metric takes each record as a value (remove it)",
				"j:15:3: output.max_records_per_unit: bounds nothing: no metric takes each record as a value (remove it)"}},
		"default": {[]string{jobMetrics, jobMetrics + "  default:\n    - {key: {township: " + strings.Repeat("x", 25) + ", twonship: a}, metrics: {need: 11, people: 1}}\n    - {}\n", "public: townships.csv", "public: [a, b]"},
			[]string{
				"j:18:5: output.default: has more records than max_keys_per_unit, which is 1 (keep at most that many)",
				"j:18:24: output.default[0].key.township: is longer than the width of the key, which is 24 bytes (correct it)",
				"j:18:51: output.default[0].key.twonship: `twonship` is no key field of the output (did you mean `township`?)",
				"j:18:81: output.default[0].metrics.need: is outside the metric's range (write a number between min and max of the metric)",
				"j:18:85: output.default[0].metrics.people: `people` is no metric with one value of the output (remove it)",
				"j:19:7: output.default[1]: has no value for the key field `township` (add it under `key`)",
				"j:19:7: output.default[1]: has no value for the metric `need` (add it under `metrics`)"}},
		"default of every kind": {[]string{jobMetrics, "    h: {kind: histogram, edges: [5, 6]}\n    d: {kind: distinct}\n    v: {kind: vector, size: 2, clip: 1}\n    q: {kind: quantile, at: [0.5], min: 0, max: 1}\n  default: [{key: {township: a}, metrics: {h: 7, d: 8, q: 9, v: 1}}]\n", "public: townships.csv", "public: [a, b]"},
			[]string{
				"j:19:59: output.default[0].metrics.q: is outside the metric's range (write a number between min and max of the metric)",
				"j:19:62: output.default[0].metrics.v: `v` is no metric with one value of the output (remove it)"}},
		"default of another key": {[]string{jobMetrics, jobMetrics + "  default:\n    - {key: {township: c}, metrics: {need: 1}}\n    - {key: {township: c}, metrics: {need: 1}}\n", "public: townships.csv", "public: [a, b]", "max_keys_per_unit: 1", "max_keys_per_unit: 2"},
			[]string{
				"j:18:24: output.default[0].key.township: is none of the public values (write one of them)",
				"j:19:7: output.default[1]: has the key of entry 1 (give each key one record)",
				"j:19:24: output.default[1].key.township: is none of the public values (write one of them)"}},
		"no price": {[]string{", epsilon: 1.0", ""},
			[]string{"j:17:10: release: says no price (add `epsilon` or `rho` (discrete Gaussian noise))"}},
		"two prices and a delta": {[]string{"epsilon: 1.0", "epsilon: 1.0, rho: 0.5, delta: 1e-6"},
			[]string{
				"j:17:37: release.rho: epsilon and rho exclude each other (keep one of the two)",
				"j:17:47: release.delta: is for private keys only (remove it)"}},
		"form": {[]string{"{min_age: 65}", "{min_age: [65], a b: 1}", "mode: map", "mode: tram", "max_keys_per_unit: 1", "max_keys_per_unit: 1001", "width: 24", "width: 65", "module: care_hotspots.wasm", "module: ''", "kind: mean", "kind: median"},
			[]string{
				"j:3:9: module: is too short (write a path of 1 to 1000 characters)",
				"j:8:7: mode: is none of the values allowed (write one of `map`, `blocks`, `train`, `tune`)",
				"j:9:19: params.min_age: is a list, not a text, a number, true or false (write a text of at most 4096 characters, a number, true or false)",
				"j:9:25: params[\"a b\"]: name does not have the expected form (write a parameter name: a letter or _, then at most 62 letters, digits and _)",
				"j:12:37: output.key.township.width: is too large (write a whole number, at least 1 and at most 64)",
				"j:13:22: output.max_keys_per_unit: is too large (write a whole number, at least 1 and at most 1000)",
				"j:16:18: output.metrics.need.kind: is none of the values allowed (write one of `count`, `sum`, `mean`, `variance`, `vector`, `histogram`, `quantile`, `distinct`, `bounds`; did you mean `quantile`?)"}},
	} {
		_, err := ParseJob("j", edit(t, doc, c.edits...))
		problems(t, name, err, c.want...)
	}
}

// TestDefaultsWrittenOut: a job that writes defaults out is the same job, so
// that it is not charged again.
func TestDefaultsWrittenOut(t *testing.T) {
	read := func(weight, records string) *glovebox.Job {
		doc := edit(t, docExamples(t, KindJob)[0],
			jobMetrics, "    people: {kind: count"+weight+"}\n    ages: {kind: histogram, min: 0, max: 100, bins: 10}\n"+records)
		j, err := ParseJob("j", doc)
		if err != nil {
			t.Fatal(err)
		}
		return j
	}
	short, long := read("", ""), read(", weight: 1", "  max_records_per_key: 1\n")
	if !reflect.DeepEqual(short, long) {
		t.Errorf("%+v\n%+v", short.Output, long.Output)
	}
	if other := read(", weight: 2", "  max_records_per_key: 2\n"); other.Output.Metrics[0].Weight != 2 || other.Output.MaxRecordsPerKey != 2 {
		t.Errorf("%+v", other.Output)
	}
}
