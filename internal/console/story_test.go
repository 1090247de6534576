package console_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/pipeline"
)

const (
	care = "../../examples/care-hotspots"
	pums = "../../examples/pums"
)

// story is a town at work: data of two domains of life, scenarios granted and
// proposed, jobs done and refused, releases in each state.
type story struct {
	*town
	pending, approved string // releases
	refused           string // a job
	module            string // its digest
}

func (c *town) must(who string, a desk.Act, out any) {
	c.t.Helper()
	a.Files = desk.Disk{}
	if err := c.as(who).Do(c.t.Context(), a, out); err != nil {
		c.t.Fatalf("%s: %s: %v", who, a.Name, err)
	}
}

func (c *town) file(who, act, subject, path string, out any) {
	c.t.Helper()
	c.must(who, desk.Act{Name: act, Subject: subject, Params: desk.Params(desk.Document{File: path})}, out)
}

func newStory(t testing.TB) *story {
	t.Helper()
	s := &story{town: newTown(t)}
	s.people()
	s.data()
	s.work()
	s.registry()
	return s
}

func (s *story) people() {
	for org, kind := range map[string]string{"Census Office": "bureau", "市公安局": "bureau", "市民政局": "bureau", "市残联": "bureau", "市卫健局": "bureau", "市医保局": "bureau", "城市数据运营有限公司": "operator", "王氏数据科技": "firm"} {
		s.do("reg1", desk.Act{Name: "org.add", Subject: "org/" + org, Params: desk.Params(desk.OrgAdd{Kind: kind})})
	}
	s.person("zhao", "Data Bureau", glovebox.RoleAuthority)
	s.person("census", "Census Office", glovebox.RoleProvider)
	for name, org := range map[string]string{"gongan": "市公安局", "minzheng": "市民政局", "canlian": "市残联", "weijian": "市卫健局", "yibao": "市医保局"} {
		s.person(name, org, glovebox.RoleProvider)
	}
	s.person("liu", "城市数据运营有限公司", glovebox.RoleOperator)
	s.person("wang", "王氏数据科技", glovebox.RoleDeveloper)
	s.person("sun", "Data Bureau", glovebox.RoleAuditor)
	// One who waits for a second person.
	s.do("reg1", desk.Act{Name: "user.add", Subject: "user/lin", Params: desk.Params(desk.UserAdd{Full: "林晓", Role: glovebox.RoleDeveloper, Org: "王氏数据科技"})})
}

func (s *story) data() {
	dir := s.t.TempDir()
	cmd := exec.Command("go", "run", "./"+care+"/gen", "-o", dir, "-people", "3000")
	if out, err := cmd.CombinedOutput(); err != nil {
		s.t.Fatalf("%v %s", err, out)
	}
	s.file("census", "dataset.add", "", pums+"/dataset.yaml", nil)
	s.must("census", desk.Act{Name: "dataset.load", Subject: "dataset/pums", Params: desk.Params(desk.DatasetLoad{File: pums + "/pums.csv"})}, nil)
	for _, x := range [][3]string{{"gongan", "population", "population.csv"}, {"minzheng", "elderly", "elderly.csv"}, {"canlian", "disability", "disability.csv"}, {"weijian", "health", "health.jsonl"}, {"yibao", "settlements", "settlements.parquet"}} {
		s.file(x[0], "dataset.add", "", filepath.Join(care, "records", x[1]+".yaml"), nil)
		s.must(x[0], desk.Act{Name: "dataset.load", Subject: "dataset/" + x[1], Params: desk.Params(desk.DatasetLoad{File: filepath.Join(dir, x[2])})}, nil)
	}
	s.do("zhao", desk.Act{Name: "space.add", Subject: "space/census-person", Params: desk.Params(desk.SpaceAdd{Name: "census-person", Ledger: glovebox.LedgerDef{Kind: glovebox.LedgerZCDP, Rho: 2}})})
	s.do("zhao", desk.Act{Name: "space.add", Subject: "space/resident", Params: desk.Params(desk.SpaceAdd{Name: "resident", Ledger: glovebox.LedgerDef{Kind: glovebox.LedgerPure, Epsilon: 20, Delta: 1e-4}})})
}

func (s *story) work() {
	for _, of := range [][2]string{{pums, "education-income"}, {care, "elderly-care"}} {
		s.file("liu", "scenario.add", "", of[0]+"/scenario.yaml", nil)
		s.file("zhao", "scenario.grant", "scenario/"+of[1], of[0]+"/grant.yaml", nil)
	}
	path := filepath.Join(s.t.TempDir(), "commerce.yaml")
	doc := "code: night-trade\ntitle: {en: Night trade, zh: 夜间经济}\npurpose:\n  en: Plan late buses by where people live.\n  zh: 按居住分布规划夜间公交线路。\noperator: liu\nproducts:\n  - code: night-buses\n    registration: DEMO-2026-0009\n    title: {en: Night buses, zh: 夜间公交需求}\nneeds:\n  population: [birth_date, township]\n"
	if err := os.WriteFile(path, []byte(doc), 0o600); err != nil {
		s.t.Fatal(err)
	}
	s.file("liu", "scenario.add", "", path, nil)
	run := func(file string) string {
		var o pipeline.Outcome
		s.file("wang", "job.run", "", file, &o)
		return o.Release.ID
	}
	s.pending = run(care + "/job.yaml")
	s.approved = run(pums + "/job.yaml")
	if err := s.as("wang").Do(s.t.Context(), desk.Act{Name: "job.run", Params: desk.Params(desk.Document{File: care + "/job-refused.yaml"}), Files: desk.Disk{}}, nil); glovebox.CodeOf(err) != glovebox.CodeDenied {
		s.t.Fatalf("the refused job: %v", err)
	}
	var all []job.Doc
	if err := s.as("wang").Look(s.t.Context(), desk.Look{Name: "jobs"}, &all); err != nil {
		s.t.Fatal(err)
	}
	for _, j := range all {
		if j.State == job.Refused {
			s.refused = j.ID
		}
	}
	for _, who := range []string{"zhao", "census"} {
		s.do(who, desk.Act{Name: "release.approve", Subject: "release/" + s.approved})
	}
	s.do("gongan", desk.Act{Name: "release.approve", Subject: "release/" + s.pending})
	s.do("census", desk.Act{Name: "dataset.pause", Subject: "dataset/pums", Params: desk.Params(desk.Brake{Reason: "复核 2025 年数据口径"})})
	s.do("liu", desk.Act{Name: "incident.open", Params: desk.Params(desk.IncidentOpen{Title: "导出存储不可写", Drill: true, About: "scenario/elderly-care", To: "市数据局值班室"})})
	s.do("zhao", desk.Act{Name: "incident.note", Subject: "incident/i-1", Params: desk.Params(desk.IncidentNote{Text: "已切换至备用存储", State: "handling"})})
}

// registry lists products, asks about data, and registers a module.
func (s *story) registry() {
	listed := desk.ProductRegister{Scenario: "education-income", Technique: "GB/T 38667-2020", Security: "三级等保，抽样复核", Business: "每年一版，写明口径"}
	s.do("zhao", desk.Act{Name: "product.register", Subject: "product/income-table", Params: desk.Params(listed)})
	s.do("zhao", desk.Act{Name: "product.publish", Subject: "product/income-table", Params: desk.Params(desk.ProductPublish{})})
	s.do("wang", desk.Act{Name: "ticket.open", Params: desk.Params(desk.TicketOpen{Dataset: "population", Column: "township", Title: "部分街道编码为空"})})
	s.do("gongan", desk.Act{Name: "ticket.answer", Subject: "ticket/t-1", Params: desk.Params(desk.TicketAnswer{Text: "已补录 2025 年迁入人员"})})
	var m struct {
		Digest string `json:"digest"`
	}
	s.must("wang", desk.Act{Name: "module.register", Params: desk.Params(desk.ModuleRegister{File: pums + "/income.wasm", Recipe: "make income"})}, &m)
	s.module = m.Digest
	s.do("zhao", desk.Act{Name: "module.certify", Subject: "module/" + m.Digest, Params: desk.Params(desk.Said{Text: "已核对源代码与构建结果"})})
}

// TestStoryDump writes what the API answers, for whoever makes pages.
func TestStoryDump(t *testing.T) {
	dir := os.Getenv("GLOVEBOX_DUMP")
	if dir == "" {
		t.Skip("for whoever makes pages")
	}
	s := newStory(t)
	for who, paths := range map[string][]string{"sun": {"me", "users", "orgs", "keys", "datasets", "datasets/population", "spaces", "spaces/resident", "scenarios", "scenarios/elderly-care", "jobs", "releases", "releases/" + s.approved, "releases/" + s.pending, "budgets", "budgets/population", "log/entries", "log/entries/40", "log/timeline/" + s.approved, "log/checkpoint", "inbox", "nodes", "log/holders"}, "zhao": {"releases/" + s.pending, "inbox"}, "wang": {"inbox", "log/entries", "datasets/population/sample"}} {
		b, err := s.as(who).Login(t.Context(), "read")
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range paths {
			out, err := exec.Command("curl", "-sk", "-i", "-H", "Authorization: Bearer "+b, s.base+"/api/v1/"+p).Output()
			if err != nil {
				t.Fatal(err)
			}
			name := who + "-" + filepath.Base(p)
			if err := os.WriteFile(filepath.Join(dir, name+".txt"), out, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}
