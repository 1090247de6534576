// Package sdk holds what new projects in all languages have in common; the
// languages' SDKs are in the folders below it.
//
// It promises files, unfilled: internal/author/modbuild fills them in. It
// imports nothing, and nothing of the host.
package sdk

import "embed"

// Template are template/all, for every project, and one folder for each kind
// of function: template/map, template/map_scalar and template/blocks.
//
//go:embed template
var Template embed.FS
