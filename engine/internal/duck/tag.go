//go:build !duckdb_arrow

package duck

// A build without the tag stops here, with one line that says what to do.
const _ = build_with__go_build_tags_duckdb_arrow__or_run_make_build
