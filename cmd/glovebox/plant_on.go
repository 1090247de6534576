//go:build glovebox_plant

package main

// The tag is for the auditor's own program: a product with planted faults stops
// here, with one line that says what is wrong.
const _ = the_product_is_built_without_the_tag_of_planted_faults
