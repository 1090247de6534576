// Package policy decides. It asks an embedded OPA, with a shipped Rego library
// and the domain's own rules, whether a request may go on at one of four points
// (admit, columns, release, export), and returns all reasons against it and all
// obligations that come with it.
//
// What it promises:
//
//   - Default deny. A request is allowed only if a rule allows it and none
//     denies it. An unknown point, an empty request, a failing rule or an answer
//     that is not understood is a refusal with a reason.
//   - All reasons at once, each with rule id, position, requirement and a text
//     in English and Chinese, in a fixed order.
//   - The same input under the same revision gives the same decision, at any
//     time and on any machine: rules reach no clock, no randomness, no network,
//     no environment and no time zone table. Time is what the caller says it is.
//   - A domain's rules can refuse more and demand more. They cannot allow, and
//     they cannot loosen a mask.
//   - No cell value enters: a request names columns, not filter constants or
//     module parameters, so no decision can repeat one.
//
// What it does not promise: that the request is true. Whoever fills Input
// (internal/pipeline) answers for who the user is, what the ledger holds and
// what the module's digest is. Nor does a decision act: whoever asked must carry
// out its obligations, and must record it before it takes effect. Texts contain
// names that users chose; whoever prints them must escape them.
package policy
