// The Gateway API's own conformance suite, made into a test binary. What it runs against, and with which
// options, is said by its flags (run.ts); what a GatewayClass supports, the suite reads from its status.
package conformance_test

import (
	"testing"

	"sigs.k8s.io/gateway-api/conformance"
)

func TestConformance(t *testing.T) {
	conformance.RunConformance(t)
}
