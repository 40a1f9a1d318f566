package command

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// maxConfig is the size a configuration file may have, in bytes.
const maxConfig = 1 << 20

// readConfig reads the file of --config: one JSON object of flag names and values.
func readConfig(r io.Reader) (kong.Resolver, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxConfig+1))
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	if len(b) > maxConfig {
		return nil, fmt.Errorf("the configuration is larger than %d bytes", maxConfig)
	}
	var values map[string]any
	dec := json.NewDecoder(bytes.NewReader(b))
	if err := dec.Decode(&values); err != nil {
		return nil, fmt.Errorf("the configuration is no JSON object: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("the configuration goes on after its JSON object")
	}
	flags, err := kong.JSON(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	return config{flags, slices.Sorted(maps.Keys(values))}, nil
}

// config refuses names that are no flag of any command, which are most likely misspelt.
type config struct {
	kong.Resolver
	names []string
}

func (c config) Validate(app *kong.Application) error {
	known := map[string]bool{}
	err := kong.Visit(app, func(n kong.Visitable, next kong.Next) error {
		if f, ok := n.(*kong.Flag); ok {
			known[f.Name] = true
		}
		return next(nil)
	})
	if err != nil {
		return err
	}
	for _, name := range c.names {
		if !known[strings.ReplaceAll(name, "_", "-")] {
			return fmt.Errorf("the configuration names %q, which is no flag", name)
		}
	}
	return nil
}
