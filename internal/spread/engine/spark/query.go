// Package spark hands tasks out through Apache Spark: each task is one partition
// of one query, which Spark's scheduler starts, tries again on other machines and
// runs twice where it is slow. What a partition does is start a program, `glovebox
// node task`, with the run's name and the task's number on its standard input.
//
// Spark promises to start each task at least once; that is all that is asked of
// it. What it is told not to do is in Settings: keep no log of events, show no
// web page, and not believe a machine that fails over and over.
package spark

import (
	"fmt"
	"strconv"
	"strings"

	"glovebox.example/glovebox"
)

// Query is the query whose partitions are the tasks of a run. command is what is
// started for each.
func Query(run string, tasks []int, command string) (string, error) {
	if !plain(run) || len(tasks) == 0 {
		return "", glovebox.Errorf(glovebox.CodeInternal, "a run cannot be named to Spark")
	}
	if strings.ContainsAny(command, "'\\\n\x00") || command == "" {
		return "", glovebox.Errorf(glovebox.CodeInvalid, "the command of the engine cannot be named to Spark").
			WithFix("give --command a path and options without quotes and backslashes")
	}
	list := make([]string, len(tasks))
	for i, t := range tasks {
		list[i] = strconv.Itoa(t)
	}
	// range(0, n, 1, n) has n partitions of one row each: no shuffle, one task a
	// partition. The array maps a row to its task, where some are left out.
	n := len(tasks)
	return fmt.Sprintf(`SELECT TRANSFORM('%s', t) ROW FORMAT DELIMITED FIELDS TERMINATED BY '\t' USING '%s' AS (word string) ROW FORMAT DELIMITED FIELDS TERMINATED BY '\t' FROM (SELECT element_at(array(%s), CAST(id + 1 AS INT)) AS t FROM range(0, %d, 1, %d))`,
		run, command, strings.Join(list, ","), n, n), nil
}

func plain(s string) bool {
	for _, c := range s {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return s != "" && len(s) < 64
}

// Settings are what Spark is run with, as NAME=VALUE. They keep it from telling
// more than it must, and from giving a run up for one machine whose node is down.
func Settings() []string {
	return []string{
		"spark.ui.enabled=false",       // its page needs no login and shows when each task began and ended
		"spark.eventLog.enabled=false", // so does its log of events
		"spark.ui.showConsoleProgress=false",
		"spark.sql.adaptive.enabled=false", // it would join partitions
		"spark.speculation=true",
		"spark.speculation.quantile=0.75",
		"spark.speculation.multiplier=1.5",
		"spark.task.maxFailures=8",
		"spark.excludeOnFailure.enabled=true",
		"spark.authenticate=true",
		"spark.network.crypto.enabled=true",
	}
}
