package console

import "testing"

// TestLocal: nothing that a browser takes for another site.
func TestLocal(t *testing.T) {
	for to, want := range map[string]string{
		"/": "/", "/jobs/j-1": "/jobs/j-1", "/log?action=job.run&from=2026-01-01": "/log?action=job.run&from=2026-01-01", "/资源": "/资源",
		"": "/", "jobs": "/", "//evil.example": "/", "///evil.example": "/", "/\\evil.example": "/", "\\/evil.example": "/", "/\t/evil.example": "/", "/\n/evil.example": "/", "\t//evil.example": "/",
		"https://evil.example": "/", "https:evil.example": "/", "javascript:alert(1)": "/", " /x": "/", "/ /x": "/", "/%2f/evil.example": "/", "/\x00/x": "/", "/%zz": "/", "//a@b/": "/",
	} {
		if got := local(to); got != want {
			t.Errorf("%q leads to %q, want %q", to, got, want)
		}
	}
}
