package engine

import "C" // for exists.c
