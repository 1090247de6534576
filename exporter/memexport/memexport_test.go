package memexport_test

import (
	"testing"

	"glovebox/exporter/driver"
	"glovebox/exporter/drivertest"
	"glovebox/exporter/memexport"
)

func TestConformance(t *testing.T) {
	drivertest.Run(t, func(*testing.T) driver.Destination { return &memexport.Memory{} })
}
