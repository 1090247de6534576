package main

// rows is the table, in the order in which it is printed. Every target is a ratio
// to what the same run measures.
var rows = []row{
	{
		name: "bounding and aggregation", unit: "rows/cpu-s", more: true, factor: 5,
		ours: bench{"privacy", "BenchmarkBounding", "rows/cpu-s"},
		base: []bench{
			{"engine", "BenchmarkBoundingDuckDBSQL/clustered/E-window", "rows/cpu-s"},
			{"engine", "BenchmarkBoundingDuckDBSQL/clustered/F-min-n", "rows/cpu-s"},
			{"engine", "BenchmarkBoundingDuckDBSQL/clustered/H-threshold", "rows/cpu-s"},
		},
		against: "the best of three DuckDB SQL forms of the same bounding, one thread",
	},
	{
		name: "bounding, text keys", unit: "rows/cpu-s", more: true, factor: 0.25,
		ours: bench{"privacy", "BenchmarkBoundingString", "rows/cpu-s"}, base: []bench{{"privacy", "BenchmarkBounding", "rows/cpu-s"}},
		against: "the same with keys that are integers",
	},
	{
		name: "exact sum, one value", unit: "ns", factor: 0.5,
		ours: bench{"privacy", "BenchmarkSumAdd", "ns/op"}, base: []bench{{"privacy", "BenchmarkSumAddGoogle", "ns/op"}},
		against: "Google differential-privacy/go v3.0.0, which adds in float64",
	},
	{
		name: "discrete Laplace, one draw", unit: "ns", factor: 30,
		ours: bench{"privacy/mechanism", "BenchmarkLaplace", "ns/op"}, base: []bench{{"privacy/mechanism", "BenchmarkLaplaceGoogle", "ns/op"}},
		against: "Google differential-privacy/go v3.0.0",
	},
	{
		name: "discrete Gaussian, one draw", unit: "ns", factor: 15,
		ours: bench{"privacy/mechanism", "BenchmarkGaussian", "ns/op"}, base: []bench{{"privacy/mechanism", "BenchmarkGaussianGoogle", "ns/op"}},
		against: "Google differential-privacy/go v3.0.0",
	},
	{
		name: "partition selection, L0=1", unit: "ns", factor: 20,
		ours: bench{"privacy", "BenchmarkSelection/L0=1", "ns/op"}, base: []bench{{"privacy", "BenchmarkSelectionGoogle/L0=1", "ns/op"}},
		against: "Google differential-privacy/go v3.0.0",
	},
	{
		name: "partition selection, L0=10", unit: "ns", factor: 20,
		ours: bench{"privacy", "BenchmarkSelection/L0=10", "ns/op"}, base: []bench{{"privacy", "BenchmarkSelectionGoogle/L0=10", "ns/op"}},
		against: "Google differential-privacy/go v3.0.0",
	},
	{
		name: "many-quantile add", unit: "ns", factor: 1,
		ours: bench{"privacy", "BenchmarkTreeAdd", "ns/op"}, base: []bench{{"privacy", "BenchmarkTreeAddGoogle", "ns/op"}},
		against: "Google differential-privacy/go v3.0.0, the same values and number of leaves; ours bounds units of four values, which Google's leaves to its caller",
	},
	{
		name: "mask, redact a text", unit: "Mvalue/s", more: true, factor: 3,
		ours: bench{"masking", "BenchmarkMasks/redact", "Mvalue/s"}, base: []bench{{"masking", "BenchmarkMasks/token", "Mvalue/s"}},
		against: "a token (AES-256-CMAC) of the same texts, one thread",
	},
	{
		name: "mask, generalise a number", unit: "Mvalue/s", more: true, factor: 10,
		ours: bench{"masking", "BenchmarkMasks/generalise", "Mvalue/s"}, base: []bench{{"masking", "BenchmarkMasks/token", "Mvalue/s"}},
		against: "a token (AES-256-CMAC) of the same texts, one thread",
	},
	{
		name: "mask, groups of a text", unit: "Mvalue/s", more: true, factor: 2,
		ours: bench{"masking", "BenchmarkMasks/groups", "Mvalue/s"}, base: []bench{{"masking", "BenchmarkMasks/token", "Mvalue/s"}},
		against: "a token (AES-256-CMAC) of the same texts, one thread",
	},
	{
		name: "mask, a text that keeps its form (FF1)", unit: "Mvalue/s", more: true, factor: 0.06,
		ours: bench{"masking", "BenchmarkMasks/fpe", "Mvalue/s"}, base: []bench{{"masking", "BenchmarkMasks/token", "Mvalue/s"}},
		against: "a token (AES-256-CMAC) of the same texts, one thread",
	},
	{
		name: "mode blocks, a median", unit: "error", factor: 10,
		ours: bench{"privacy/blocks", "BenchmarkBlocksMedian", "median-error"}, base: []bench{{"privacy/blocks", "BenchmarkGUPTMedian", "median-error"}},
		against: "GUPT's clamped mean, n^0.4 blocks; 100,000 lognormal values, range [0, 1000], epsilon 1",
	},
	{
		name: "mode blocks, a mean", unit: "error", factor: 10,
		ours: bench{"privacy/blocks", "BenchmarkBlocksMean", "median-error"}, base: []bench{{"privacy/blocks", "BenchmarkGUPTMean", "median-error"}},
		against: "the same",
	},
	{
		name: "mode blocks, a 95th percentile", unit: "error", factor: 8,
		ours: bench{"privacy/blocks", "BenchmarkBlocksP95", "median-error"}, base: []bench{{"privacy/blocks", "BenchmarkGUPTP95", "median-error"}},
		against: "the same",
	},
	{
		name: "guest group-by, metered, with copy", unit: "rows/s", more: true, factor: 0.2,
		ours: bench{"sandbox", "BenchmarkGuestGroupBy", "rows/s"}, base: []bench{{"sandbox", "BenchmarkNativeGroupBy", "rows/s"}},
		against: "the same loop in native Go, no copy",
	},
	{
		name: "reset, 4 dirty pages of 4 KiB", unit: "cpu-ns", factor: 2.5,
		ours: bench{"sandbox", "BenchmarkReset/tracked/4", "cpu-ns/unit"}, base: []bench{{"sandbox", "BenchmarkReset/copy/4", "cpu-ns/unit"}},
		against: "copying the guest's whole memory back",
	},
	{
		name: "unit of 16 rows, reset included", unit: "cpu-ns", factor: 1.2,
		ours: bench{"sandbox", "BenchmarkUnits16Rows/auto", "cpu-ns/unit"}, base: []bench{{"sandbox", "BenchmarkUnits16Rows/copy", "cpu-ns/unit"}},
		against: "the same units, memory copied back whole",
	},
	{
		name: "a unit in Rust", unit: "cpu-ns",
		ours: bench{"sandbox", "BenchmarkSDK/visits/rust", "cpu-ns/unit"}, base: []bench{{"sandbox", "BenchmarkSDK/visits/c", "cpu-ns/unit"}},
		against: "the same function in C",
	},
	{
		name: "a unit in Go", unit: "cpu-ns",
		ours: bench{"sandbox", "BenchmarkSDK/visits/go", "cpu-ns/unit"}, base: []bench{{"sandbox", "BenchmarkSDK/visits/c", "cpu-ns/unit"}},
		against: "the same function in C",
	},
	{
		name: "pure functions, whole stage", unit: "units/cpu-s", more: true, factor: 0.5,
		ours: bench{"internal/worker/work", "BenchmarkStage", "units/cpu-s"}, base: []bench{{"internal/worker/work", "BenchmarkStageNative", "units/cpu-s"}},
		against: "the same stage with the function in Go, trusted, unmetered",
	},
	{
		name: "small job, start to release", unit: "cpu-ms", factor: 0.125,
		ours: bench{"internal/pipeline", "BenchmarkSmallJob", "cpu-ms/job"}, base: []bench{{"internal/pipeline", "BenchmarkSmallJobPlainDuckDB", "cpu-ms/job"}},
		against: "plain DuckDB: open, read the same 1,000 rows from CSV, GROUP BY; no protection",
	},
	{
		name: "policy decision, p99", unit: "ms", factor: 0.01,
		ours: bench{"policy", "BenchmarkDecide/admit", "p99-ms"}, base: []bench{{"policy", "BenchmarkDecideHash", "p99-ms"}},
		against: "one SHA-256 of the same request as JSON, encoded anew",
	},
	{
		name: "load, residents of 6 columns", unit: "cpu-ns/row", factor: 0.83,
		ours: bench{"internal/pipeline", "BenchmarkLoad/residents", "cpu-ns/row"}, base: []bench{{"engine", "BenchmarkLoadDuckDB/residents", "cpu-ns/row"}},
		against: "DuckDB's COPY (… ORDER BY hash(id)) of the same file to Parquet, two threads: no checks, no tokens, no encryption",
	},
	{
		name: "load, 5 columns of integers", unit: "cpu-ns/row", factor: 0.83,
		ours: bench{"internal/pipeline", "BenchmarkLoad/ints", "cpu-ns/row"}, base: []bench{{"engine", "BenchmarkLoadDuckDB/ints", "cpu-ns/row"}},
		against: "the same",
	},
	{
		name: "load, 20 columns", unit: "cpu-ns/row", factor: 0.83,
		ours: bench{"internal/pipeline", "BenchmarkLoad/wide", "cpu-ns/row"}, base: []bench{{"engine", "BenchmarkLoadDuckDB/wide", "cpu-ns/row"}},
		against: "the same",
	},
	{
		name: "load, peak memory", unit: "MiB", factor: 1,
		ours: bench{"internal/pipeline", "BenchmarkLoad/ints", "peak-MiB"}, base: []bench{{"engine", "BenchmarkLoadDuckDB/ints", "peak-MiB"}},
		against: "the same copy by DuckDB; ours is the loader and its supervisor together",
	},
}
