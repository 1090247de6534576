package canary

import (
	"testing"

	"glovebox.example/glovebox/internal/proof/testkit/demo"
)

func TestMain(m *testing.M) { demo.Main(m) }
