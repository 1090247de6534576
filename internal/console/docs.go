package console

import (
	"encoding/json"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/act"
	"glovebox.example/glovebox/internal/api"
)

// What the core answers, as far as pages show it: docs/cli-json.md has all of it.
type (
	dataset struct {
		Record   glovebox.Dataset      `json:"record"`
		State    glovebox.DatasetState `json:"state"`
		Added    string                `json:"added"`
		By       string                `json:"by"`
		Snapshot *glovebox.Snapshot    `json:"snapshot"`
		Holds    []glovebox.Hold       `json:"holds"`
	}
	scenario struct {
		glovebox.Scenario
		Grant   *glovebox.Grant `json:"grant"`
		Unknown []string        `json:"unknown"`
		Holds   []glovebox.Hold `json:"holds"`
	}
	jobDoc struct {
		ID        string `json:"id"`
		State     string `json:"state"`
		Scenario  string `json:"scenario"`
		Product   string `json:"product"`
		Submitter string `json:"submitter"`
		Submitted string `json:"submitted"`
		Spec      struct {
			Job      glovebox.Job                        `json:"job"`
			Module   string                              `json:"module"`
			Versions map[string]int                      `json:"versions"`
			Policy   string                              `json:"policy"`
			Masks    map[string]map[string]glovebox.Mask `json:"masks"`
		} `json:"spec"`
		Reasons []glovebox.Reason          `json:"reasons"`
		Prices  map[string]glovebox.Charge `json:"prices"`
		Spaces  []glovebox.Charge          `json:"spaces"`
		Release string                     `json:"release"`
		StateOf string                     `json:"-"` // digest of the job's document
	}
	releaseDoc struct {
		ID        string          `json:"id"`
		Job       string          `json:"job"`
		Scenario  string          `json:"scenario"`
		Product   string          `json:"product"`
		State     string          `json:"state"`
		Content   string          `json:"content"`
		Needed    []glovebox.Role `json:"needed"`
		Approvals []struct {
			User string        `json:"user"`
			Role glovebox.Role `json:"role"`
			Org  string        `json:"org"`
			At   string        `json:"at"`
		} `json:"approvals"`
		Exports []struct {
			User string `json:"user"`
			To   string `json:"to"`
			At   string `json:"at"`
			Done bool   `json:"done"`
		} `json:"exports"`
		Made      string   `json:"made"`
		Successor string   `json:"successor"`
		Remarks   []remark `json:"remarks"`
	}
	remark struct {
		User  string        `json:"user"`
		Role  glovebox.Role `json:"role"`
		At    string        `json:"at"`
		State string        `json:"state"`
		Text  string        `json:"text"`
	}
	// review is a release with its figures; Content is nil where whoever looks may
	// not read them yet.
	review struct {
		Release   releaseDoc `json:"release"`
		Content   *content   `json:"content"`
		Submitter string     `json:"submitter"`
		Reports   []report   `json:"reports"`
	}
	report struct {
		Same   bool          `json:"same"`
		Claim  glovebox.Text `json:"claim"`
		Units  int           `json:"units"`
		Module struct {
			Digest   string `json:"digest"`
			Function string `json:"function"`
		} `json:"module"`
		Pairs []struct {
			Change  string `json:"change"`
			Outcome string `json:"outcome"`
			Others  int    `json:"others"`
			Diff    []any  `json:"differences"`
		} `json:"pairs"`
	}
	content struct {
		Columns []column        `json:"columns"`
		Rows    [][]any         `json:"rows"`
		Facts   facts           `json:"facts"`
		Raw     json.RawMessage `json:"-"`
	}
	column struct {
		Name string        `json:"name"`
		Type glovebox.Type `json:"type"`
	}
	facts struct {
		Domain  string        `json:"domain"`
		Purpose glovebox.Text `json:"purpose"`
		Grant   struct {
			By    string `json:"by"`
			From  string `json:"from"`
			Until string `json:"until"`
		} `json:"grant"`
		Product glovebox.Product `json:"product"`
		Module  struct {
			Digest   string `json:"digest"`
			Name     string `json:"name"`
			Version  string `json:"version"`
			Function string `json:"function"`
		} `json:"module"`
		Params map[string]any `json:"params"`
		Inputs map[string]struct {
			Snapshot string                   `json:"snapshot"`
			Version  int                      `json:"version"`
			Columns  []string                 `json:"columns"`
			Unit     string                   `json:"unit"`
			Where    string                   `json:"where"`
			Masks    map[string]glovebox.Mask `json:"masks"`
			MaxRows  int                      `json:"max_rows"`
		} `json:"inputs"`
		Privacy   privacyFacts                  `json:"privacy"`
		Charges   []glovebox.Charge             `json:"charges"`
		Mode      string                        `json:"mode"`
		Output    glovebox.Output               `json:"output"`
		Guarantee map[string]map[string]float64 `json:"guarantee"`
		Group     int                           `json:"group"`
	}
	privacyFacts struct {
		L0        int             `json:"l0"`
		Price     glovebox.Amount `json:"price"`
		Selection *struct {
			Even   int64 `json:"even"`
			Always int64 `json:"always"`
		} `json:"selection"`
		Noise []struct {
			Of        string `json:"of"`
			Mechanism string `json:"mechanism"`
			Step      string `json:"step"`
			Reach     int64  `json:"reach"`
		} `json:"noise"`
		Errors map[string]struct {
			StdDev float64 `json:"std_dev"`
			Half   float64 `json:"half"`
			Ranks  float64 `json:"ranks"`
		} `json:"errors"`
		Whole *struct {
			Epsilon float64 `json:"epsilon"`
			Delta   float64 `json:"delta"`
			Rho     int64   `json:"rho"`
		} `json:"whole"`
	}
	budget struct {
		Balances []glovebox.Balance `json:"balances"`
		Outlooks []outlook          `json:"outlooks"`
		Caps     []capReading       `json:"caps"`
		Spenders []spender          `json:"spenders"`
		Charges  []charge           `json:"charges"`
	}
	outlook struct {
		Space    string          `json:"space"`
		Datasets []string        `json:"datasets"`
		Epsilon  float64         `json:"epsilon"`
		Delta    float64         `json:"delta"`
		PerMonth glovebox.Amount `json:"per_month"`
		Ends     string          `json:"ends"`
	}
	capReading struct {
		Dataset   string          `json:"dataset"`
		Scenario  string          `json:"scenario"`
		Developer string          `json:"developer"`
		Most      glovebox.Amount `json:"most"`
		Spent     glovebox.Amount `json:"spent"`
	}
	spender struct {
		Dataset   string          `json:"dataset"`
		Space     string          `json:"space"`
		Scenario  string          `json:"scenario"`
		Product   string          `json:"product"`
		Developer string          `json:"developer"`
		Charges   int             `json:"charges"`
		Amount    glovebox.Amount `json:"amount"`
		Last      string          `json:"last"`
	}
	charge struct {
		Job      string          `json:"job"`
		Dataset  string          `json:"dataset"`
		Space    string          `json:"space"`
		Scenario string          `json:"scenario"`
		Product  string          `json:"product"`
		Actor    string          `json:"actor"`
		Amount   glovebox.Amount `json:"amount"`
		At       string          `json:"at"`
		Index    *uint64         `json:"index"`
	}
	checkReport struct {
		Job      string            `json:"job"`
		Decision glovebox.Decision `json:"decision"`
		Prices   []struct {
			Dataset string              `json:"dataset"`
			Space   string              `json:"space"`
			Kind    glovebox.LedgerKind `json:"kind"`
			Price   glovebox.Amount     `json:"price"`
			Spent   glovebox.Amount     `json:"spent"`
			Total   glovebox.Amount     `json:"total"`
			Fits    bool                `json:"fits"`
			Caps    []capReading        `json:"caps"`
		} `json:"prices"`
		Stored   bool            `json:"stored"`
		Warnings []glovebox.Text `json:"warnings"`
		Privacy  privacyFacts    `json:"privacy"`
		Usual    float64         `json:"usual"`
	}
	keyDoc struct {
		Key       act.Key `json:"key"`
		User      string  `json:"user"`
		State     string  `json:"state"`
		Added     string  `json:"added"`
		By        string  `json:"by"`
		Confirmed string  `json:"confirmed"`
		StateOf   string  `json:"-"` // digest of the key's document
	}
	space struct {
		glovebox.Space
		Balance  glovebox.Balance `json:"balance"`
		Datasets []string         `json:"datasets"`
	}
	entry struct {
		Index    uint64            `json:"index"`
		Time     string            `json:"time"`
		Actor    string            `json:"actor"`
		Org      string            `json:"org"`
		Action   string            `json:"action"`
		Subject  string            `json:"subject"`
		Scenario string            `json:"scenario"`
		Product  string            `json:"product"`
		Datasets []string          `json:"datasets"`
		Decision string            `json:"decision"`
		Grant    *uint64           `json:"grant"`
		Charges  []glovebox.Charge `json:"charges"`
		Key      string            `json:"key"`
		State    string            `json:"state"`
		Body     json.RawMessage   `json:"body"`
		Document json.RawMessage   `json:"document"`
	}
	rows struct {
		Columns []string    `json:"columns"`
		Cells   [][]*string `json:"cells"`
	}
	run struct {
		ID      string          `json:"id"`
		State   api.RunState    `json:"state"`
		Outcome json.RawMessage `json:"outcome"`
		Problem *api.Problem    `json:"problem"`
	}
)

// tagOf is the state of a document, as an act about it names it.
func tagOf(etag string) string {
	if len(etag) > 2 && etag[0] == '"' {
		return etag[1 : len(etag)-1]
	}
	return ""
}

// look asks for one document and its state.
func (v *view) look(path string, out any) (state string, err error) {
	h, err := v.ask("GET", path, nil, nil, out)
	if err != nil {
		return "", err
	}
	return tagOf(h.Get("ETag")), nil
}
