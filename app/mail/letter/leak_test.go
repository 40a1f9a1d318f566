package letter

import (
	"testing"

	"go.uber.org/goleak"
)

// Signing runs beside, in go-msgauth.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
