package store

// StoredBy is how many releases the jobs of a developer have made or, paid for, can
// still make, and how many bytes are stored for them: the releases with the reports
// attached to them, the modules, each once, and the job's own document for each of
// its five states. A job that is not done counts for the room that was kept for its
// release.
func (t *Tx) StoredBy(developer string) (releases int, bytes int64, err error) {
	err = t.tx.QueryRowContext(t.ctx, `WITH
		mine AS MATERIALIZED (SELECT json_extract(d.body, '$.spec.module') AS module, coalesce(json_extract(d.body, '$.release'), '') AS release,
				coalesce(json_extract(d.body, '$.room_bytes'), 0) AS room, length(CAST(d.body AS BLOB)) AS doc
			FROM (SELECT DISTINCT job FROM charge WHERE actor = ?) c JOIN doc d ON d.kind = 'job' AND d.id = c.job),
		made AS MATERIALIZED (SELECT r.body FROM mine JOIN doc r ON r.kind = 'release' AND r.id = mine.release),
		named AS (SELECT json_extract(body, '$.content') AS digest FROM made
			UNION SELECT json_extract(x.value, '$.digest') FROM made, json_each(made.body, '$.reports') x)
		SELECT (SELECT count(*) FROM mine),
			(SELECT coalesce(sum(length(b.data)), 0) FROM named JOIN blob b ON b.digest = named.digest)
			+ (SELECT coalesce(sum(length(k.data)), 0) FROM (SELECT DISTINCT module FROM mine) m JOIN kept k ON k.digest = m.module)
			+ (SELECT coalesce(sum(5 * doc), 0) FROM mine)
			+ (SELECT coalesce(sum(room), 0) FROM mine WHERE release = '')`, developer).Scan(&releases, &bytes)
	if err != nil {
		return 0, 0, t.failed("add up what is stored", err)
	}
	return releases, bytes, nil
}
