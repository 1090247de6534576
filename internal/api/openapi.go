package api

import _ "embed" // of the description

// OpenAPI is the description of the API (OpenAPI 3.1), which the test TestOpenAPI
// of internal/desk writes from the tables. Anybody may read it: it says what there
// is to ask, and nothing of a domain.
//
//go:embed openapi.json
var OpenAPI []byte

// Description is its resource, under Prefix.
const Description = "/openapi.json"
