package policy

import (
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// builtins are the functions that rules may call. The list is closed: what a
// later OPA adds stays out until somebody puts it here. Not on it are functions
// that reach the network, the host, the clock or randomness (http.send, net.*,
// opa.runtime, time.now_ns, rand.*, uuid.*), that read the host's time zone
// table (time.date, time.clock, time.weekday, time.format), that depend on the
// time of the call (certificate and token checks), and what rules have no use
// for.
var builtins = []string{
	// comparison, arithmetic, assignment
	"eq", "equal", "assign", "neq", "lt", "lte", "gt", "gte",
	"plus", "minus", "mul", "div", "rem", "round", "ceil", "floor", "abs",
	"numbers.range", "numbers.range_step", "to_number", "format_int",
	// membership and aggregates
	"internal.member_2", "internal.member_3", "count", "sum", "product", "max", "min", "sort",
	// sets, arrays, objects
	"and", "or", "intersection", "union",
	"array.concat", "array.reverse", "array.slice", "array.flatten",
	"object.get", "object.keys", "object.remove", "object.subset", "object.union", "object.union_n", "object.filter",
	// strings
	"concat", "contains", "startswith", "endswith", "indexof", "indexof_n", "lower", "upper", "replace",
	"split", "sprintf", "substring", "trim", "trim_left", "trim_right", "trim_prefix", "trim_suffix", "trim_space",
	"strings.any_prefix_match", "strings.any_suffix_match", "strings.count", "strings.replace_n", "strings.reverse",
	"regex.match", "regex.is_valid",
	// types
	"is_array", "is_boolean", "is_null", "is_number", "is_object", "is_set", "is_string", "type_name",
	// time as a value: UTC only
	"time.parse_rfc3339_ns", "time.parse_duration_ns", "time.add_date",
}

// capabilities is what the compiler lets a policy use.
func capabilities() *ast.Capabilities {
	c := ast.CapabilitiesForThisVersion()
	c.Builtins = slices.DeleteFunc(slices.Clone(c.Builtins), func(b *ast.Builtin) bool {
		return !slices.Contains(builtins, b.Name)
	})
	c.AllowNet = []string{}
	return c
}
