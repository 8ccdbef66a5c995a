// SPDX-License-Identifier: Apache-2.0

// The least that a hook in Go does: read the state, read the spec, look at one field.
package main

import (
	"encoding/json"
	"os"
	"path/filepath"
)

type state struct {
	Bundle string `json:"bundle"`
}

type spec struct {
	Process struct {
		NoNewPrivileges bool `json:"noNewPrivileges"`
	} `json:"process"`
}

func main() {
	var s state
	var c spec

	if json.NewDecoder(os.Stdin).Decode(&s) != nil {
		os.Exit(2)
	}
	text, err := os.ReadFile(filepath.Join(s.Bundle, "config.json"))
	if err != nil || json.Unmarshal(text, &c) != nil {
		os.Exit(2)
	}
	if !c.Process.NoNewPrivileges {
		os.Exit(1)
	}
}
