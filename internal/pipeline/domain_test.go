package pipeline

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/document/catalog"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/request"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/role"
)

// TestMain is the hook for workers: they are this test binary, started again.
func TestMain(m *testing.M) {
	jail.Main(role.All())
	os.Exit(m.Run())
}

const example = "../../examples/pums"

// people are the users of a test domain, by role.
var people = map[string]glovebox.Role{"zhao": glovebox.RoleAuthority, "liu": glovebox.RoleOperator, "wang": glovebox.RoleDeveloper,
	"sun": glovebox.RoleAuditor, "census": glovebox.RoleProvider}

// pumsDomain makes a domain with the pums example loaded and granted, in a
// folder of the test's own. The job file is copied to that folder too.
func pumsDomain(tb testing.TB) (*domain.Domain, string) { return pumsDomainUnder(tb, "") }

// pumsDomainUnder is pumsDomain with a rule file of the domain's own.
func pumsDomainUnder(tb testing.TB, rego string) (*domain.Domain, string) {
	tb.Helper()
	ctx := context.Background()
	dir := tb.TempDir()
	must := func(err error) {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
	}
	_, err := domain.Init(ctx, filepath.Join(dir, "dom"), domain.InitOptions{Name: "test"})
	must(err)
	if rego != "" {
		must(os.MkdirAll(filepath.Join(dir, "dom", "policy"), 0o700))
		must(os.WriteFile(filepath.Join(dir, "dom", "policy", "walls.rego"), []byte(rego), 0o600))
	}
	d, err := domain.Open(ctx, filepath.Join(dir, "dom"), &domain.Options{})
	must(err)
	tb.Cleanup(func() { must(d.Close()) })
	for name, role := range people {
		org := ""
		if role == glovebox.RoleProvider {
			org = "Census Office"
		}
		_, err := d.AddUser(ctx, domain.OwnerBy(), domain.NewUser{Name: name, Role: role, Org: org})
		must(err)
	}
	rec, err := catalog.ParseDataset("dataset.yaml", read(tb, filepath.Join(example, "dataset.yaml")))
	must(err)
	// So much that ledgers of datasets end first: tests of spaces say their own.
	_, err = d.AddSpace(ctx, user(tb, d, "zhao"), rec.Unit.Space, glovebox.LedgerDef{Kind: glovebox.LedgerZCDP, Rho: 1000, Delta: 0.01}, "")
	must(err)
	must(d.AddDataset(ctx, user(tb, d, "census"), rec))
	_, err = d.LoadDataset(ctx, user(tb, d, "census"), "pums", domain.PathSource(filepath.Join(example, "pums.csv")), nil)
	must(err)
	s, err := catalog.ParseScenario("scenario.yaml", read(tb, filepath.Join(example, "scenario.yaml")))
	must(err)
	must(d.AddScenario(ctx, user(tb, d, "liu"), s))
	g, err := catalog.ParseGrant("grant.yaml", read(tb, filepath.Join(example, "grant.yaml")))
	must(err)
	g.Accept = []string{glovebox.AcceptExact, glovebox.AcceptPrice} // tests look behind the noise
	must(d.Grant(ctx, user(tb, d, "zhao"), g))
	for _, f := range []string{"job.yaml", "income.wasm"} {
		must(os.WriteFile(filepath.Join(dir, f), read(tb, filepath.Join(example, f)), 0o600))
	}
	return d, filepath.Join(dir, "job.yaml")
}

func read(tb testing.TB, path string) []byte {
	tb.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func user(tb testing.TB, d *domain.Domain, name string) *domain.By {
	tb.Helper()
	u, err := d.Acting(context.Background(), name)
	if err != nil {
		tb.Fatal(err)
	}
	return u
}

// submit is the job in a file, as the command line hands it in.
func submit(file string) request.Submission {
	s, err := request.File(file)
	if err != nil {
		panic(err)
	}
	return s
}
