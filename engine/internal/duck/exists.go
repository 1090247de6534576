package duck

import "C" // for exists.c
