// The image echo-advanced of the mesh's conformance tests, as far as they use it: called `client` it makes requests and
// prints what came back, in the lines that the suite reads (conformance/utils/echo); otherwise it serves, and says of
// each request what it looked like. The suite's own is a build of another project.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	run := serve
	if filepath.Base(os.Args[0]) == "client" {
		run = call
	}
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
