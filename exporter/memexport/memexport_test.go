package memexport_test

import (
	"testing"

	"glovebox.example/glovebox/exporter/driver"
	"glovebox.example/glovebox/exporter/drivertest"
	"glovebox.example/glovebox/exporter/memexport"
)

func TestConformance(t *testing.T) {
	drivertest.Run(t, func(*testing.T) driver.Destination { return &memexport.Memory{} })
}
