package main

import (
	"bytes"
	"os"
	"regexp"
	"testing"
)

// TestNoticeIsComplete: NOTICE is what the program links today.
func TestNoticeIsComplete(t *testing.T) {
	want, err := compose("../../..")
	if err != nil {
		t.Fatal(err)
	}
	have, err := os.ReadFile("../../../NOTICE")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(regexp.MustCompile(`(?m)^  \S+ v\S+ +\S`).FindAll(want, -1)); n < 50 {
		t.Fatalf("only %d linked modules found: the list cannot be right", n)
	}
	if !bytes.Equal(have, want) {
		t.Error("NOTICE is not that of the modules linked today: run make notice")
	}
}

func TestUnknownLicenceStops(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/LICENSE", []byte("GNU GENERAL PUBLIC LICENSE Version 3"), 0o600); err != nil {
		t.Fatal(err)
	}
	m := module{Path: "example.org/x", Version: "v1.0.0", Dir: dir}
	if err := m.read(); err == nil {
		t.Errorf("a licence that is not known passes as %s", m.kind)
	}
}
