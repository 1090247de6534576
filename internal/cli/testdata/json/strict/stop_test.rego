package glovebox.domain_test

import data.glovebox.domain

test_stops_export if count(domain.deny) == 1 with input as {"point": "export"}

test_that_is_wrong if count(domain.deny) == 2 with input as {"point": "export"}
